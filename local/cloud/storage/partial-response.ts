/**
 * The `fields` parameter: `items(name,size),nextPageToken`, `a/b`, `*`. It refuses what it cannot parse and
 * ignores names that do not occur, as Google does.
 */
import { CloudError } from '../kernel.ts'

/** Field → selection below it; `true` selects everything. */
type Selection = Map<string, Selection | true>

export function selectFields(value: unknown, fields: string | null): unknown {
  if (fields === null || fields === '') return value
  return pick(value, parseFields(fields))
}

function parseFields(text: string): Selection {
  let position = 0
  const refuse = (): CloudError =>
    new CloudError(400, 'invalidParameter', `Invalid field selection ${text.slice(0, 200)}`, {
      location: 'fields',
    })
  const list = (depth: number): Selection => {
    if (depth > 20) throw refuse()
    const selection: Selection = new Map()
    for (;;) {
      path(selection, depth)
      if (text[position] !== ',') return selection
      position++
    }
  }
  const path = (into: Selection, depth: number): void => {
    const name = /^\s*([\w.*-]+)\s*/.exec(text.slice(position))
    if (!name) throw refuse()
    position += name[0].length
    if (text[position] === '/') {
      position++
      const below: Selection = new Map()
      path(below, depth + 1)
      merge(into, name[1]!, below)
    } else if (text[position] === '(') {
      position++
      const below = list(depth + 1)
      if (text[position] !== ')') throw refuse()
      position++
      merge(into, name[1]!, below)
    } else {
      into.set(name[1]!, true)
    }
  }
  const selection = list(0)
  if (position !== text.length) throw refuse()
  return selection
}

function merge(into: Selection, name: string, below: Selection): void {
  const existing = into.get(name)
  if (existing === true) return
  if (!existing) return void into.set(name, below)
  for (const [key, value] of below) {
    if (value === true) existing.set(key, true)
    else merge(existing, key, value)
  }
}

function pick(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((item) => pick(item, selection))
  if (typeof value !== 'object' || value === null) return value
  const picked: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const below = selection.get(key) ?? selection.get('*')
    if (below !== undefined && item !== undefined) picked[key] = below === true ? item : pick(item, below)
  }
  return picked
}
