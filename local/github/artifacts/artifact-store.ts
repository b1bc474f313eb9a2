/**
 * Keeps the artifacts of one run, for its jobs and for later runs on the same state; it refuses to change
 * one: a second of the same name must say that it overwrites.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pMap from 'p-map'

export interface ArtifactFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly from: string
}
export interface Artifact {
  readonly id: number
  readonly name: string
  readonly directory: string
  readonly files: readonly string[]
  /** SHA-256 over the sorted lines `<sha256 of the file>  <path>`; GitHub's is that of the zip it makes. */
  readonly digest: string
}

export class ArtifactError extends Error {
  override name = 'ArtifactError'
}

export interface ArtifactStore {
  readonly list: () => readonly Artifact[]
  add(name: string, files: readonly ArtifactFile[], isOverwriting: boolean): Promise<Artifact>
}

/** What the artifact service refuses in a name, because some file system does. */
const forbidden = /["<>:|*?\r\n\\/]/

export const createArtifactStore = (root: string): ArtifactStore => {
  const artifacts = new Map<string, Artifact>()
  let last = 0
  return {
    list: () => [...artifacts.values()],
    async add(name, files, isOverwriting) {
      const wrong = forbidden.exec(name)?.[0]
      if (name === '' || wrong !== undefined)
        throw new ArtifactError(
          `The artifact name is not valid: '${name}'. Leave out ${JSON.stringify(wrong ?? name)}`,
        )
      const previous = artifacts.get(name)
      if (previous && !isOverwriting)
        throw new ArtifactError(
          `Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: an artifact with this name already exists on the workflow run ('${name}'); choose another name or write overwrite: true`,
        )
      const id = ++last
      const directory = join(root, String(id))
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const lines = await pMap(files, (file) => keep(file, directory), { concurrency: 8 })
      const artifact = {
        id,
        name,
        directory,
        files: files.map(({ path }) => path),
        digest: sha256(lines.sort().join('')),
      }
      artifacts.set(name, artifact)
      await writeIndex(root, [...artifacts.values()])
      if (previous) await rm(previous.directory, { recursive: true, force: true })
      return artifact
    },
  }
}

const indexOf = (root: string): string => join(root, 'index.json')

const writeIndex = async (root: string, artifacts: readonly Artifact[]): Promise<void> => {
  const file = indexOf(root)
  await writeFile(`${file}.new`, JSON.stringify(artifacts), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** Of a run that has ended; empty when it kept none. */
export const readArtifacts = async (root: string): Promise<readonly Artifact[]> => {
  const text = await readFile(indexOf(root), 'utf8').catch(() => '[]')
  const kept = JSON.parse(text) as Artifact[]
  // The state may have been moved since.
  return kept.map((artifact) => ({ ...artifact, directory: join(root, String(artifact.id)) }))
}

const keep = async ({ path, from }: ArtifactFile, directory: string): Promise<string> => {
  const target = join(directory, path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  await copyFile(from, target)
  return `${sha256(await readFile(target))}  ${path}\n`
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
