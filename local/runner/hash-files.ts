/**
 * `hashFiles('**\/lock')`: one SHA-256 over the SHA-256 of each file that matches, in path order; it refuses
 * files outside the workspace.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import picomatch from 'picomatch'

export const hashFiles = (workspace: string, patterns: readonly string[]): string => {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!')).map(inWorkspace)
  const unwanted = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => inWorkspace(pattern.slice(1)))
  const isWanted = picomatch(wanted, { dot: true })
  const isUnwanted = unwanted.length > 0 ? picomatch(unwanted, { dot: true }) : () => false
  const whole = createHash('sha256')
  let matched = 0
  for (const file of listFiles(workspace, '')) {
    if (!isWanted(file) || isUnwanted(file) || !resolve(workspace, file).startsWith(workspace + sep)) continue
    whole.update(
      createHash('sha256')
        .update(readFileSync(join(workspace, file)))
        .digest(),
    )
    matched++
  }
  return matched === 0 ? '' : whole.digest('hex')
}

const inWorkspace = (pattern: string): string => pattern.replace(/^\.?\//, '')

const listFiles = (root: string, directory: string): string[] =>
  readdirSync(join(root, directory), { withFileTypes: true })
    .flatMap((entry) => {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`
      return entry.isDirectory() ? listFiles(root, path) : entry.isFile() ? [path] : []
    })
    .sort()
