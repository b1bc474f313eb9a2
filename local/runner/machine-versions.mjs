/**
 * Which Node or Python of this machine a workflow's setup action means. It downloads none, and says what there is when
 * nothing fits. Plain JavaScript: the stand-ins run it in the job, the runner before the first step.
 */
import { execFileSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import process from 'node:process'

/** https://github.com/nodejs/Release: the names that `lts/NAME` knows. */
const LTS = {
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
}
const ANY = ['', '*', 'x', 'lts/*', 'node', 'latest', 'current']

/** `wanted`: a version, its beginning, or a range as npm writes them; undefined when it is none of these. */
export function rangeOf(wanted) {
  const alternatives = wanted.split('||').map((text) => comparatorsOf(text.trim()))
  if (alternatives.includes(undefined)) return undefined
  return (version) => alternatives.some((all) => all.every((fits) => fits(version.split('.').map(Number))))
}

function comparatorsOf(text) {
  if (ANY.includes(text)) return []
  const between = /^(\S+)\s+-\s+(\S+)$/.exec(text)
  const words = between
    ? [`>=${between[1]}`, `<=${between[2]}`]
    : text.replaceAll(/([<>=^~]+)\s+/g, '$1').split(/\s+/)
  const found = words.map(comparatorOf)
  return found.includes(undefined) ? undefined : found
}

function comparatorOf(word) {
  const match = /^(>=|<=|>|<|=|\^|~)?v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:-dev)?$/.exec(word)
  if (!match) return undefined
  const given = match.slice(2).filter((part) => part !== undefined && !/[x*]/.test(part))
  const parts = given.map(Number)
  /** By the parts that were written: 20.1 is within 20. */
  const compare = (version, length = parts.length) => {
    for (let i = 0; i < length; i += 1) if (version[i] !== parts[i]) return version[i] - parts[i]
    return 0
  }
  const atLeast = (version) => {
    for (let i = 0; i < parts.length; i += 1) if (version[i] !== parts[i]) return version[i] > parts[i]
    return true
  }
  return (
    {
      '>=': atLeast,
      '<=': (version) => compare(version) <= 0,
      '>': (version) => compare(version) > 0,
      '<': (version) => compare(version) < 0,
      '^': (version) => atLeast(version) && compare(version, 1) === 0,
      '~': (version) => atLeast(version) && compare(version, Math.min(parts.length, 2)) === 0,
    }[match[1]] ?? ((version) => compare(version) === 0)
  )
}

function ask(path, args) {
  try {
    return execFileSync(path, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split(/\r?\n/)
  } catch {
    return undefined
  }
}

/** `programs` are asked in their order, and no more of them than needed. */
function choose(kind, wanted, fits, programs, versionOf) {
  if (fits === undefined)
    return { problem: `${kind} '${wanted}' is not understood here; write a version such as 3.11 or 24.x` }
  const seen = new Set()
  for (const program of programs) {
    const found = versionOf(program)
    if (found && fits(found.version)) return { found }
    if (found) seen.add(found.version)
  }
  const what = seen.size > 0 ? `only ${[...seen].join(', ')}` : 'there is none'
  return {
    problem: `${kind} ${wanted} is not on this machine (${what}), and the local runner downloads none; install it, or ask for another`,
  }
}

export function chooseNode(wanted, path = process.env.PATH ?? '') {
  const text = wanted.trim()
  const named = /^lts\/([a-z]+)$/i.exec(text)?.[1]?.toLowerCase()
  const range = named === undefined ? text : LTS[named]
  const folders = path.split(delimiter).filter(Boolean)
  const programs = [process.execPath, ...folders.map((folder) => join(folder, 'node'))]
  return choose(
    'Node',
    text,
    range === undefined ? undefined : rangeOf(range),
    new Set(programs),
    (program) => {
      if (program === process.execPath) return { path: program, version: process.versions.node }
      const [version] = ask(program, ['-p', 'process.versions.node']) ?? []
      return version ? { path: program, version } : undefined
    },
  )
}

const PYTHONS = ['python3', 'python', ...[15, 14, 13, 12, 11, 10, 9, 8].map((minor) => `python3.${minor}`)]
const SAYS = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'

export function choosePython(wanted) {
  const text = wanted.trim()
  return choose('Python', text, rangeOf(text), PYTHONS, (name) => {
    const [version, path] = ask(name, ['-I', '-c', SAYS]) ?? []
    return version?.startsWith('3.') && path ? { path, version } : undefined
  })
}
