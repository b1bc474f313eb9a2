/** Finds table names in a GoogleSQL text and writes them fully qualified; it parses nothing else. */
import { nameKey, type TableName } from '../../_shared/dataset.ts'
import { tokenize, type Token } from '../../_shared/sql-tokens.ts'

interface Path {
  readonly parts: readonly string[]
  readonly from: number
  readonly to: number
  readonly isTable: boolean
}

const BEFORE_TABLE = ['FROM', 'JOIN', ',', '(']
const ENDS_FROM = [
  'SELECT',
  'WHERE',
  'GROUP',
  'HAVING',
  'QUALIFY',
  'WINDOW',
  'ORDER',
  'LIMIT',
  'UNION',
  'INTERSECT',
  'EXCEPT',
]

/**
 * Dotted names with two or three parts; `isTable` where a FROM clause calls for a table, and not for an array
 * of one it already has.
 */
function findPaths(tokens: readonly Token[]): Path[] {
  const paths: Path[] = []
  const aliases = new Set<string>()
  const tables = new Set<string>()
  // One entry per open parenthesis; FROM opens no clause in EXTRACT(DAY FROM x) and IS DISTINCT FROM x.
  const levels = [{ isFrom: false, isExtract: false }]
  let before = ''
  let isAliasNext = false
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]
    const level = levels.at(-1)
    if (token === undefined || level === undefined || token.kind === 'space') continue
    if (!isName(token)) {
      if (token.text === '(')
        levels.push({
          isFrom: level.isFrom && BEFORE_TABLE.includes(before),
          isExtract: before === 'EXTRACT',
        })
      if (token.text === ')' && levels.length > 1) levels.pop()
      isAliasNext = token.text === ')' && levels.at(-1)?.isFrom === true
      before = token.text
      continue
    }
    const from = index
    const parts = partsOf(token)
    while (tokens[index + 1]?.kind === 'dot' && isName(tokens[index + 2])) {
      parts.push(...partsOf(tokens[index + 2] as Token))
      index += 2
    }
    const word = token.kind === 'word' && from === index ? token.text.toUpperCase() : ''
    if (isAliasNext && word !== 'AS') aliases.add(parts.join('.'))
    isAliasNext = isAliasNext && word === 'AS'
    const isClause = word === 'FROM' && !level.isExtract && before !== 'DISTINCT'
    if (isClause || word === 'JOIN') level.isFrom = true
    else if (ENDS_FROM.includes(word)) level.isFrom = false
    const isArray = before === ',' && tables.has(parts[0] ?? '')
    const isTable = level.isFrom && word !== 'FROM' && BEFORE_TABLE.includes(before) && !isArray
    if (isTable) {
      isAliasNext = true
      tables.add(parts.at(-1) ?? '')
    }
    if (parts.length >= 2) paths.push({ parts, from, to: index, isTable })
    before = word === 'FROM' && !isClause ? '' : word
  }
  return paths.map((path) => ({ ...path, isTable: path.isTable && !aliases.has(path.parts[0] ?? '') }))
}

const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted'
const partsOf = (token: Token): string[] =>
  token.kind === 'quoted' ? token.text.slice(1, -1).split('.') : [token.text]

function toName(parts: readonly string[], projectId: string): TableName | undefined {
  const [tableId, datasetId, ...project] = [...parts].reverse()
  if (tableId === undefined || datasetId === undefined || parts.length > 3) return undefined
  return { projectId: project[0] ?? projectId, datasetId, tableId }
}

/** Names in the places of tables: what can be known before BigQuery has read the query. */
export function scanReferences(sql: string, projectId: string): TableName[] {
  const found = findPaths(tokenize(sql))
    .filter(({ isTable }) => isTable)
    .map(({ parts }) => toName(parts, projectId))
  return [
    ...new Map(found.filter((name) => name !== undefined).map((name) => [nameKey(name), name])).values(),
  ]
}

/** Those of `known` that the text itself names; the others are reached through a view. */
export function directReferences(sql: string, projectId: string, known: readonly TableName[]): TableName[] {
  const written = new Set(
    findPaths(tokenize(sql))
      .map(({ parts }) => toName(parts, projectId))
      .filter((name) => name !== undefined)
      .map(nameKey),
  )
  return known.filter((name) => written.has(nameKey(name)))
}

/**
 * The text with each known reference written as `project.dataset.table`: a view is read from other projects,
 * whose default project is not ours.
 */
export function qualify(sql: string, projectId: string, known: readonly TableName[]): string {
  const tokens = tokenize(sql)
  const keys = new Set(known.map(nameKey))
  const replaced = new Map<number, { to: number; text: string }>()
  for (const { parts, from, to } of findPaths(tokens)) {
    const name = toName(parts, projectId)
    if (name !== undefined && keys.has(nameKey(name)))
      replaced.set(from, { to, text: `\`${nameKey(name)}\`` })
  }
  let text = ''
  for (let index = 0; index < tokens.length; index += 1) {
    const replacement = replaced.get(index)
    text += replacement?.text ?? tokens[index]?.text ?? ''
    if (replacement !== undefined) index = replacement.to
  }
  return text
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
