/**
 * Finds the files that `path:` of upload-artifact means, by the rules of @actions/glob; it refuses nothing:
 * what matches nothing is simply not there.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import picomatch from 'picomatch'
import type { ArtifactFile } from './artifact-store.ts'

/** Only these: braces and extended patterns are plain text there. */
const options = { dot: true, nobrace: true, noext: true, nonegate: true } as const
const special = /[*?[]/

export interface FoundFiles {
  readonly files: readonly ArtifactFile[]
  /** The least common ancestor of what was searched: the root of the artifact. */
  readonly root: string
}

/** `patterns`: the lines of the input; `expand` makes a path absolute. */
export const findFiles = async (
  patterns: string,
  expand: (path: string) => string,
  takesHidden: boolean,
): Promise<FoundFiles> => {
  const lines = patterns
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const wanted = lines.filter((line) => !line.startsWith('!')).map(expand)
  const rules = lines.map((line) => ({
    isWanted: !line.startsWith('!'),
    matches: matcher(expand(line.replace(/^!/, ''))),
  }))
  const searched = withoutDescendants(wanted.map(searchPath))
  const found = new Set<string>()
  for (const start of searched) {
    // The last rule that matches decides.
    for (const file of await listFiles(start, takesHidden))
      if (rules.findLast(({ matches }) => matches(file))?.isWanted) found.add(file)
  }
  const files = [...found].sort()
  const only = searched.length === 1 ? searched[0] : undefined
  const root =
    only === undefined
      ? commonAncestor(searched)
      : files.length === 1 && files[0] === only
        ? dirname(only)
        : only
  return { root, files: files.map((from) => ({ from, path: relative(root, from).split(sep).join('/') })) }
}

/** A pattern that matches a directory means all that is in it. */
const matcher = (pattern: string): ((file: string) => boolean) => {
  const bare = pattern.replace(/\/+$/, '')
  return picomatch([bare, `${bare}/**`], options)
}

/** What stands before the first segment with a wildcard. */
const searchPath = (pattern: string): string => {
  const segments = pattern.split('/')
  const wild = segments.findIndex((segment) => special.test(segment))
  return (wild < 0 ? segments : segments.slice(0, wild)).join('/').replace(/(?<=.)\/+$/, '') || '/'
}

const withoutDescendants = (paths: readonly string[]): string[] => {
  const unique = [...new Set(paths)]
  return unique.filter(
    (path) => !unique.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
  )
}

const commonAncestor = (paths: readonly string[]): string => {
  const [first = [], ...others] = paths.map((path) => path.split('/'))
  const end = first.findIndex((segment, index) => others.some((other) => other[index] !== segment))
  return (end < 0 ? first : first.slice(0, end)).join('/') || '/'
}

/** Follows links, as @actions/glob does; a directory that is met again inside itself is not entered. */
const listFiles = async (
  path: string,
  takesHidden: boolean,
  above: readonly string[] = [],
): Promise<string[]> => {
  const found = await stat(path).catch(() => undefined)
  if (!found || (!takesHidden && basename(path).startsWith('.'))) return []
  if (found.isFile()) return [path]
  const identity = `${found.dev}:${found.ino}`
  if (!found.isDirectory() || above.includes(identity)) return []
  const inside: string[] = []
  for (const name of await readdir(path))
    inside.push(...(await listFiles(join(path, name), takesHidden, [...above, identity])))
  return inside
}
