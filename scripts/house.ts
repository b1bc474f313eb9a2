/**
 * The rooms of the house, counted and with who imports whom, read from the sources themselves. It knows folders
 * and import statements, nothing else.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export interface Room {
  readonly name: string
  readonly files: number
  readonly lines: number
  /** Other rooms that its files import, types included. */
  readonly imports: readonly string[]
}

/** Where a room is a folder below these; everything deeper belongs to it. The longest that fits decides. */
const FLOORS = [
  'actions',
  'actions/_shared',
  'local',
  'local/cloud',
  'local/cloud/bigquery',
  'scripts',
  'spark',
  'dbt',
  'bigquery',
  'terraform-infra',
]
/** Rooms without a floor below them, and all floors of the tests in one. */
const GROUNDS = [...FLOORS, 'dags', 'test']
const SOURCES = /\.(ts|mts|mjs|js|py|sql|tf)$/

export function readHouse(root: string): Room[] {
  const rooms = new Map<string, { files: number; lines: number; imports: Set<string> }>()
  for (const file of GROUNDS.filter((ground) => !ground.includes('/')).flatMap((ground) =>
    walk(root, ground),
  )) {
    const text = readFileSync(path.join(root, file), 'utf8')
    const name = roomOf(file)
    const room = rooms.get(name) ?? { files: 0, lines: 0, imports: new Set<string>() }
    rooms.set(name, room)
    room.files += 1
    room.lines += text.split('\n').length - 1
    for (const imported of importsOf(root, file, text).map(roomOf))
      if (imported !== name) room.imports.add(imported)
  }
  return [...rooms]
    .map(([name, { files, lines, imports }]) => ({ name, files, lines, imports: [...imports].sort() }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** The folder that is the room of a file: `actions/auth` of `actions/auth/src/plan.ts`. */
export function roomOf(file: string): string {
  const parts = file.split('/')
  const depth = Math.max(
    0,
    ...FLOORS.filter((floor) => file.startsWith(`${floor}/`)).map((floor) => floor.split('/').length + 1),
  )
  return parts.slice(0, Math.max(1, Math.min(depth, parts.length - 1))).join('/')
}

function walk(root: string, folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`
    if (entry.isDirectory())
      return ['node_modules', '__pycache__', 'target', '.terraform', 'logs'].includes(entry.name)
        ? []
        : walk(root, name)
    return SOURCES.test(entry.name) ? [name] : []
  })
}

function importsOf(root: string, file: string, text: string): string[] {
  if (file.endsWith('.py')) return pythonImports(root, file, text)
  return (
    [...text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\()['"](\.[^'"]+)['"]/g)]
      .map((match) => path.posix.join(path.posix.dirname(file), match[1]!))
      // The skeleton of a new action speaks of the place where it will stand.
      .filter((target) => existsSync(path.join(root, target)))
  )
}

/** A module of a neighbouring folder, as spark's folders are packages beside each other. */
function pythonImports(root: string, file: string, text: string): string[] {
  const beside = path.posix.dirname(path.posix.dirname(file))
  return [...text.matchAll(/^\s*(?:from|import)\s+([\w.]+)/gm)]
    .map((match) => [beside, ...match[1]!.split('.')].join('/'))
    .flatMap((module) => [`${module}.py`, `${module}/__init__.py`, `${path.posix.dirname(module)}.py`])
    .filter((target) => existsSync(path.join(root, target)))
}

/** Two digits say how large a room is and do not change with each commit. */
const roughly = (count: number): string => Number(count.toPrecision(2)).toLocaleString('en-US')

export function housePage(
  root: string,
  table: (heads: readonly string[], rows: readonly (readonly string[])[]) => string,
): string {
  const code = (name: string): string => `\`${name}\``
  return table(
    ['Room', 'Lines, about', 'Imports from'],
    readHouse(root)
      .filter(({ name }) => name !== 'test')
      .map(({ name, lines, imports }) => [code(name), roughly(lines), imports.map(code).join(' ') || '–']),
  )
}
