/**
 * Cuts a set of protobuf types (the JSON form of protobufjs) down to those that some services send and take. It refuses
 * to change one that it keeps, and a name that it cannot find.
 */
export interface ProtoNode {
  readonly nested?: Readonly<Record<string, ProtoNode>>
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>
  /** Only of an enumeration. */
  readonly values?: unknown
  /** Only of an extension: it describes annotations, which stand where they annotate as values. */
  readonly extend?: string
}

const SCALAR = /^(double|float|u?int(32|64)|sint(32|64)|s?fixed(32|64)|bool|string|bytes)$/

/** @param names full names of services and messages that are needed. */
export function reachedTypes(root: ProtoNode, names: readonly string[]): ProtoNode {
  const kept = new Set<string>()
  const keep = (name: string): void => {
    const node = nodeAt(root, name)
    if (node === undefined || kept.has(name)) return
    kept.add(name)
    const wanted = [
      ...Object.values(node.fields ?? {}).map(({ type }) => type),
      ...Object.values(node.methods ?? {}).flatMap(({ requestType, responseType }) => [
        requestType,
        responseType,
      ]),
    ]
    for (const type of wanted) if (!SCALAR.test(type)) keep(resolve(root, name, type))
  }
  for (const name of names) keep(resolve(root, '', name))
  return cut(root, '', kept) ?? {}
}

/** What is kept as it is, and the places that lead there. */
function cut(node: ProtoNode, name: string, kept: ReadonlySet<string>): ProtoNode | undefined {
  const inside = Object.entries(node.nested ?? {}).flatMap(([key, inner]): [string, ProtoNode][] => {
    const found = cut(inner, name === '' ? key : `${name}.${key}`, kept)
    return found === undefined ? [] : [[key, found]]
  })
  if (!kept.has(name) && inside.length === 0) return undefined
  const { nested: _nested, ...own } = node
  return inside.length === 0 ? own : { ...own, nested: Object.fromEntries(inside) }
}

/** As protobuf finds a name: from the inside out. */
function resolve(root: ProtoNode, from: string, type: string): string {
  const name = type.replace(/^\./, '')
  const scopes = type.startsWith('.') || from === '' ? [] : from.split('.')
  for (let depth = scopes.length; depth >= 0; depth -= 1) {
    const full = [...scopes.slice(0, depth), name].join('.')
    const node = nodeAt(root, full)
    if (node !== undefined && (node.fields ?? node.methods ?? node.values) !== undefined) return full
  }
  throw new Error(`Cutting the types of a client: ${from || 'nothing'} names ${type}, which is not there.`)
}

function nodeAt(root: ProtoNode, name: string): ProtoNode | undefined {
  return name
    .split('.')
    .reduce<ProtoNode | undefined>(
      (node, part) => (node?.extend === undefined ? node?.nested?.[part] : undefined),
      root,
    )
}
