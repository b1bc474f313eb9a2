/**
 * Finds table names in a GoogleSQL text and writes them differently: in full, or as the names of queries put
 * before it. It only finds; what a name is, BigQuery decides.
 */
import { nameKey, sqlName, type TableName } from '../../_shared/dataset.ts'
import { openCursor } from '../../_shared/sql-cursor.ts'
import { tokenize, type Token } from '../../_shared/sql-tokens.ts'

/** A name in the place of a table, and which tokens it is. */
interface Found {
  readonly name: TableName
  readonly from: number
  readonly to: number
  readonly isAliased: boolean
}
/** The names one FROM clause gives to what it reads. An array of one of them (`orders.items`) is no table. */
interface Scope {
  readonly parent?: Scope
  readonly variables: { readonly name: string; readonly order: number }[]
}
interface Path {
  readonly parts: readonly string[]
  readonly from: number
  readonly to: number
  readonly scope: Scope
  readonly order: number
  readonly isAliased: boolean
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const BEFORE_TABLE = words('FROM JOIN , (')
const ENDS_FROM = words('SELECT WHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT')
const SET_OPERATIONS = words('UNION INTERSECT EXCEPT')
const NO_ALIAS = words(
  'WHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT UNION INTERSECT EXCEPT JOIN INNER LEFT RIGHT FULL CROSS ON USING TABLESAMPLE PIVOT UNPIVOT FOR WITH MATCH_RECOGNIZE AND OR',
)
const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted'

/** `example.com:project` is one part. */
function partsOf(token: Token): string[] {
  if (token.kind !== 'quoted') return [token.text]
  const [head = '', ...parts] = token.text.slice(1, -1).split('.')
  const colon = parts.findIndex((part) => part.includes(':'))
  return colon === -1
    ? [head, ...parts]
    : [[head, ...parts.slice(0, colon + 1)].join('.'), ...parts.slice(colon + 1)]
}

function findPaths(all: readonly Token[]): Path[] {
  const at = all.flatMap((token, index) => (token.kind === 'space' ? [] : [index]))
  const token = (position: number): Token | undefined => all[at[position] ?? -1]
  const upper = (position: number): string => {
    const found = token(position)
    return found?.kind === 'word' ? found.text.toUpperCase() : (found?.text ?? '')
  }
  const paths: Path[] = []
  const levels = [{ scope: { variables: [] } as Scope, isFrom: false, isExtract: false }]
  let before = ''
  for (let position = 0; position < at.length; position += 1) {
    const level = levels.at(-1)!
    const word = upper(position)
    /** Notes the alias that stands at `next`, or else `implied`. @returns whether there is one. */
    const name = (next: number, implied: string): boolean => {
      const place = upper(next) === 'AS' ? next + 1 : next
      const found = token(place)
      const isAlias =
        found !== undefined && isName(found) && (found.kind === 'quoted' || !NO_ALIAS.has(upper(place)))
      const given = isAlias ? partsOf(found).join('.') : implied
      if (given !== '') level.scope.variables.push({ name: given.toLowerCase(), order: position })
      return isAlias
    }
    if (!isName(token(position))) {
      if (word === '(') {
        let inside = position + 1
        while (upper(inside) === '(') inside += 1
        const isTablePlace = level.isFrom && BEFORE_TABLE.has(before)
        const isQuery = ['SELECT', 'WITH', 'FROM'].includes(upper(inside))
        // A query beside others in FROM, or of a WITH, does not see what stands beside it.
        const parent = isTablePlace || before === 'AS' ? level.scope.parent : level.scope
        levels.push({
          scope: isQuery ? { parent, variables: [] } : level.scope,
          isFrom: !isQuery && isTablePlace,
          isExtract: before === 'EXTRACT',
        })
      } else if (word === ')' && levels.length > 1) {
        levels.pop()
        const outer = levels.at(-1)!
        if (outer.isFrom) {
          const place = upper(position + 1) === 'AS' ? position + 2 : position + 1
          const found = token(place)
          if (found !== undefined && isName(found) && !(found.kind === 'word' && NO_ALIAS.has(upper(place))))
            outer.scope.variables.push({ name: partsOf(found).join('.').toLowerCase(), order: position })
        }
      } else if (word === '>' && before === '|') level.isFrom = false
      before = word
      continue
    }
    const from = position
    const parts = partsOf(token(position)!)
    while (token(position + 1)?.kind === 'dot' && isName(token(position + 2))) {
      parts.push(...partsOf(token(position + 2)!))
      position += 2
    }
    const isPlain = from === position && token(from)!.kind === 'word'
    const keyword = isPlain ? word : ''
    const isClause = keyword === 'FROM' && !level.isExtract && before !== 'DISTINCT'
    const isCall = upper(position + 1) === '('
    const isTable = (level.isFrom && BEFORE_TABLE.has(before)) || before === 'TABLE'
    if (isClause || keyword === 'JOIN') level.isFrom = true
    else if (ENDS_FROM.has(keyword)) level.isFrom = false
    else if (SET_OPERATIONS.has(keyword) && !isCall) {
      level.isFrom = false
      level.scope = { parent: level.scope.parent, variables: [] }
    } else if (isTable && !isCall && keyword !== 'FROM') {
      const scope = level.scope
      const isAliased = name(position + 1, parts.at(-1) ?? '')
      paths.push({ parts, from: at[from]!, to: at[position]!, scope, order: position, isAliased })
    }
    before = keyword === 'FROM' && !isClause ? '' : keyword
  }
  return paths.filter(({ parts, from, scope, order }) => {
    // Quoted as a whole it can only be a table; one word is no array of anything.
    if (parts.length === 1) return true
    if (all[from]!.kind === 'quoted' && all[from]!.text.includes('.')) return true
    const first = parts[0]!.toLowerCase()
    for (let seen: Scope | undefined = scope; seen !== undefined; seen = seen.parent)
      if (
        seen.variables.some(
          (variable) => variable.name === first && (seen !== scope || variable.order < order),
        )
      )
        return false
    return true
  })
}

function toName(parts: readonly string[], projectId: string): TableName | undefined {
  const [tableId, datasetId, ...project] = [...parts].reverse()
  if (tableId === undefined || datasetId === undefined || parts.length > 3) return undefined
  if (parts.some((part) => part.toUpperCase() === 'INFORMATION_SCHEMA')) return undefined
  return { projectId: project[0] ?? projectId, datasetId, tableId }
}

function findTables(tokens: readonly Token[], projectId: string): Found[] {
  return findPaths(tokens).flatMap(({ parts, ...place }) => {
    const name = toName(parts, projectId)
    return name === undefined ? [] : [{ ...place, name }]
  })
}

interface Call extends Found {
  /** The bracket that ends it. */
  readonly end: number
}

/** Calls of functions with a dataset in their name that are among `known`. */
function findCalls(all: readonly Token[], projectId: string, known: ReadonlySet<string>): Call[] {
  if (known.size === 0) return []
  const at = all.flatMap((token, index) => (token.kind === 'space' ? [] : [index]))
  const token = (position: number): Token | undefined => all[at[position] ?? -1]
  const calls: Call[] = []
  for (let position = 0; position < at.length; position += 1) {
    if (!isName(token(position)) || token(position - 1)?.kind === 'dot') continue
    const from = position
    const parts = partsOf(token(position)!)
    while (token(position + 1)?.kind === 'dot' && isName(token(position + 2))) {
      parts.push(...partsOf(token(position + 2)!))
      position += 2
    }
    const table = token(position + 1)?.text === '(' ? toName(parts, projectId) : undefined
    const name: TableName | undefined = table && { ...table, isRoutine: true }
    if (name === undefined || !known.has(nameKey(name))) continue
    let end = position + 1
    for (let depth = 0; end < at.length; end += 1) {
      if (token(end)!.text === '(') depth += 1
      if (token(end)!.text === ')' && (depth -= 1) === 0) break
    }
    const next = token(end + 1)
    const isAliased = isName(next) && !(next!.kind === 'word' && NO_ALIAS.has(next!.text.toUpperCase()))
    calls.push({ name, from: at[from]!, to: at[position]!, end: at[end] ?? all.length, isAliased })
  }
  return calls
}

/** Names in the places of tables, and calls of the functions `known`, each once. */
export function scanReferences(
  sql: string,
  projectId: string,
  known: ReadonlySet<string> = new Set(),
): TableName[] {
  const tokens = tokenize(sql)
  const found = [...findTables(tokens, projectId), ...findCalls(tokens, projectId, known)]
  return [...new Map(found.map(({ name }) => [nameKey(name), name])).values()]
}

function rewrite(
  tokens: readonly Token[],
  places: ReadonlyMap<number, { to: number; text: string }>,
): string {
  let text = ''
  for (let index = 0; index < tokens.length; index += 1) {
    const place = places.get(index)
    text += place?.text ?? tokens[index]!.text
    if (place !== undefined) index = place.to
  }
  return text
}

/**
 * The text with each known reference written as `project.dataset.table`: a view is read from other projects,
 * whose default project is not ours.
 */
export function qualify(sql: string, projectId: string, known: readonly TableName[]): string {
  const tokens = tokenize(sql)
  const keys = new Set(known.map(nameKey))
  return rewrite(
    tokens,
    new Map(
      [...findTables(tokens, projectId), ...findCalls(tokens, projectId, keys)]
        .filter(({ name }) => keys.has(nameKey(name)))
        .map(({ from, to, name }) => [from, { to, text: `\`${sqlName(name)}\`` }]),
    ),
  )
}

/**
 * The text with some of its references read from elsewhere: `names` gives by key the name of a query, or of a
 * function; one of `tables` gives its rows as an array. What reads it goes on calling it as before.
 */
export function readInstead(
  sql: string,
  projectId: string,
  names: ReadonlyMap<string, string>,
  tables: ReadonlySet<string> = new Set(),
): string {
  const tokens = tokenize(sql)
  const places = new Map<number, { to: number; text: string }>()
  const put = (index: number, to: number, text: string): void => {
    places.set(index, { to, text })
  }
  for (const { from, to, name, isAliased } of findTables(tokens, projectId)) {
    const instead = names.get(nameKey(name))
    if (instead !== undefined) put(from, to, isAliased ? instead : `${instead} AS \`${name.tableId}\``)
  }
  for (const { from, to, end, name, isAliased } of findCalls(tokens, projectId, new Set(names.keys()))) {
    const instead = names.get(nameKey(name))!
    const isTable = tables.has(nameKey(name))
    put(from, to, isTable ? `UNNEST(${instead}` : instead)
    if (isTable) put(end, end, isAliased ? '))' : `)) AS \`${name.tableId}\``)
  }
  return rewrite(tokens, places)
}

/** How a query with queries of its own begins. */
export const WITH = /^(?:\s|--[^\n]*\n|#[^\n]*\n|\/\*[\s\S]*?\*\/)*WITH\s+(RECURSIVE\s+)?/i

/**
 * A query that begins with WITH RECURSIVE, in parts: the queries before it and the rest, which read these by names
 * of their own. @returns undefined when it begins otherwise.
 */
export function splitRecursive(sql: string, prefix: string): { queries: string[]; rest: string } | undefined {
  const found = WITH.exec(sql)
  if (found?.[1] === undefined) return undefined
  const whole = sql.slice(found[0].length)
  const places: { name: string; from: number; to: number }[] = []
  const cursor = openCursor(whole)
  do {
    // A last comma may stand before the rest.
    if (['SELECT', 'FROM', '('].includes(cursor.next().toUpperCase())) break
    const name = cursor.name()
    const from = cursor.at()
    let depth = 0
    do {
      if (cursor.next() === '') return undefined
      if (cursor.next() === '(') depth += 1
      if (cursor.next() === ')') depth -= 1
      cursor.skip()
      // A list of columns may stand before AS.
    } while (depth > 0 || cursor.next().toUpperCase() === 'AS' || cursor.next() === '(')
    places.push({ name, from, to: cursor.at() })
  } while (cursor.accept(','))
  const names = new Map(places.map(({ name }) => [name.toLowerCase(), `${prefix}${name}`]))
  const read = (text: string): string => readRenamed(text, names)
  return {
    queries: places.map(
      ({ name, from, to }) => `\`${names.get(name.toLowerCase())}\` ${read(whole.slice(from, to))}`,
    ),
    rest: read(whole.slice(cursor.at())),
  }
}

/** The text with the tables of one word among `names` read by another; what reads them calls them as before. */
function readRenamed(sql: string, names: ReadonlyMap<string, string>): string {
  const tokens = tokenize(sql)
  const places = findPaths(tokens).flatMap(({ parts, from, to, isAliased }) => {
    const name = parts.length === 1 ? names.get(parts[0]!.toLowerCase()) : undefined
    if (name === undefined) return []
    return [[from, { to, text: isAliased ? `\`${name}\`` : `\`${name}\` AS \`${parts[0]}\`` }] as const]
  })
  return rewrite(tokens, new Map(places))
}

/** Tables BigQuery reads and the text seems to name, which were not found in it. */
export function notFound(
  sql: string,
  shown: readonly TableName[],
  reported: readonly TableName[],
): TableName[] {
  const keys = new Set(shown.map(nameKey))
  const plain = tokenize(sql)
    .filter(({ kind }) => kind !== 'space' && kind !== 'string')
    .map((token) => (token.kind === 'quoted' ? token.text.slice(1, -1) : token.text))
  const text = ` ${plain.map((part, index) => (part === '.' || plain[index + 1] === '.' ? part : `${part} `)).join('')}`
  return reported.filter(
    (name) =>
      !keys.has(nameKey(name)) &&
      new RegExp(`[ .]${name.datasetId}\\.${escape(name.tableId)}[ .]`).test(text),
  )
}
const escape = (text: string): string => text.replace(/[^\p{L}\p{M}\p{N}_]/gu, '\\$&')

/** Whether two texts say the same: comments, spaces, a last semicolon and how names are quoted aside. */
export function isSameQuery(
  left: string,
  right: string,
  projectId: string,
  functions?: ReadonlySet<string>,
): boolean {
  const plain = (sql: string): string => {
    const tokens = tokenize(qualify(sql, projectId, scanReferences(sql, projectId, functions)))
    const texts = tokens.filter(({ kind }) => kind !== 'space').map(({ text }) => text)
    while (texts.at(-1) === ';') texts.pop()
    return JSON.stringify(texts)
  }
  return plain(left) === plain(right)
}

/** The `--` comment lines at the top, as one description; BigQuery keeps at most 16,384 characters. */
export function leadingComment(sql: string): string {
  const lines: string[] = []
  for (const line of sql.split(/\r?\n/)) {
    const found = /^--\s?(.*)$/.exec(line.trim())
    if (found === null) break
    lines.push(found[1] ?? '')
  }
  return lines.join(' ').trim().slice(0, 16_384)
}
