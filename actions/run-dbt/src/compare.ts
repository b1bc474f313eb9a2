/**
 * Which models of a pull request are compared with those of production, and by what. It refuses to take text of a
 * manifest for SQL that is no table's or column's name.
 */

export interface Pair {
  readonly id: string
  readonly name: string
  readonly production: TableInSql
  readonly here: TableInSql
  /** Columns that together are unique, as a test, `unique_key` or a primary key says; none is known often. */
  readonly key: readonly string[]
  readonly contract: Difference
}
interface TableInSql {
  /** `` `project`.`dataset`.`table` `` */
  readonly sql: string
  readonly projectId: string
  readonly datasetId: string
  readonly tableId: string
}
/** The lines that differ; both are left out when none does. */
export interface Difference {
  readonly before?: string
  readonly after?: string
}

interface Node {
  readonly name?: string
  readonly resource_type?: string
  readonly relation_name?: string | null
  readonly config?: { readonly materialized?: string; readonly unique_key?: unknown }
  readonly contract?: { readonly enforced?: boolean }
  readonly columns?: Readonly<Record<string, DeclaredColumn>>
  readonly depends_on?: { readonly nodes?: readonly string[] }
  readonly constraints?: readonly Constraint[]
  readonly column_name?: string | null
  readonly attached_node?: string | null
  readonly test_metadata?: { readonly name?: string } | null
}
interface DeclaredColumn {
  readonly name?: string
  readonly data_type?: string | null
  readonly constraints?: readonly Constraint[]
}
interface Constraint {
  readonly type?: string
  readonly columns?: readonly string[]
}
export interface ComparedManifest {
  readonly nodes?: Readonly<Record<string, Node>>
}

const COLUMN = /^[A-Za-z_]\w*$/

/** What is built here and stands in production; both may be the same table, which the caller has to say. */
export function pairsOf(
  built: readonly string[],
  here: ComparedManifest,
  production: ComparedManifest,
): Pair[] {
  return [...new Set(built)].flatMap((id) => {
    const [own, other] = [here.nodes?.[id], production.nodes?.[id]]
    const [ownTable, otherTable] = [tableIn(own), tableIn(other)]
    if (own?.resource_type !== 'model' || ownTable === undefined || otherTable === undefined) return []
    return [
      {
        id,
        name: own.name ?? id,
        production: otherTable,
        here: ownTable,
        key: keyOf(id, own, here),
        contract: difference(contractOf(other), contractOf(own)),
      },
    ]
  })
}

function tableIn(node: Node | undefined): TableInSql | undefined {
  const sql = node?.relation_name ?? ''
  const [, projectId, datasetId, tableId] = /^`([^`\\\s]+)`\.`([^`\\\s]+)`\.`([^`\\\r\n]+)`$/.exec(sql) ?? []
  return projectId === undefined || datasetId === undefined || tableId === undefined
    ? undefined
    : { sql, projectId, datasetId, tableId }
}

function keyOf(id: string, node: Node, manifest: ComparedManifest): string[] {
  const primary = node.constraints?.find(({ type }) => type === 'primary_key')?.columns
  const unique = Object.values(manifest.nodes ?? {}).find(
    (test) => test.attached_node === id && test.test_metadata?.name === 'unique' && test.column_name,
  )?.column_name
  const given = primary ?? node.config?.unique_key ?? unique ?? []
  const columns = (Array.isArray(given) ? given : [given]) as unknown[]
  // A key may be an expression; only a column's name goes into a query.
  return columns.every((column): column is string => typeof column === 'string' && COLUMN.test(column))
    ? columns
    : []
}

/** What an enforced contract promises, a line for each promise. */
function contractOf(node: Node | undefined): string[] {
  if (node?.contract?.enforced !== true) return []
  const typesOf = (constraints: readonly Constraint[] = []): string[] =>
    constraints.map(({ type = '' }) => type.replaceAll('_', ' '))
  return [
    'contract: enforced',
    ...Object.values(node.columns ?? {}).map(({ name = '', data_type: type, constraints }) =>
      ['contract:', name, type ?? '', ...typesOf(constraints)].filter(Boolean).join(' '),
    ),
    ...(node.constraints ?? []).map(
      ({ type = '', columns = [] }) => `contract: ${type.replaceAll('_', ' ')} (${columns.join(', ')})`,
    ),
  ]
}

/** The order of columns means nothing to who reads them by name. */
export function difference(before: readonly string[], after: readonly string[]): Difference {
  const gone = before.filter((line) => !after.includes(line))
  const come = after.filter((line) => !before.includes(line))
  return {
    ...(gone.length === 0 ? {} : { before: gone.join('\n') }),
    ...(come.length === 0 ? {} : { after: come.join('\n') }),
  }
}

export function together(one: Difference, other: Difference): Difference {
  const join = (side: 'before' | 'after'): Difference => {
    const lines = [one[side], other[side]].filter((text) => text !== undefined)
    return lines.length === 0 ? {} : { [side]: lines.join('\n') }
  }
  return { ...join('before'), ...join('after') }
}

/** What was compared before the run: each model once, though several commands may select it. */
export function comparedIn<T extends { readonly name: string }>(
  preview: { readonly commands: readonly { readonly compared: readonly T[] }[] } | undefined,
): T[] {
  const seen = (preview?.commands ?? []).flatMap(({ compared }) => compared)
  return [...new Map(seen.map((model) => [model.name, model])).values()]
}

/** What a model reads, directly or through others. */
export function readBy(id: string, { nodes = {} }: ComparedManifest): ReadonlySet<string> {
  const found = new Set<string>()
  const open = [id]
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const source of nodes[next]?.depends_on?.nodes ?? [])
      if (!found.has(source)) {
        found.add(source)
        open.push(source)
      }
  return found
}

/** One query: production's counts, then those of here. */
export function comparisonSql({ production, here, key }: Pair): string {
  const columns = key.map((column) => `\`${column}\``).join(', ')
  const keys =
    key.length === 0
      ? 'NULL'
      : `COUNT(DISTINCT ${key.length === 1 ? columns : `TO_JSON_STRING(STRUCT(${columns}))`})`
  const side = (place: number, { sql }: TableInSql): string =>
    `SELECT ${place} AS side, COUNT(*) AS row_count, ${keys} AS key_count FROM ${sql}`
  return `${side(0, production)} UNION ALL ${side(1, here)} ORDER BY side`
}
