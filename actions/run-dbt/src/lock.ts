/**
 * Reads a lock of the user's own: which dbt it holds. It refuses one that is not whole in itself, because what it
 * names elsewhere could change without it.
 */
import { readFile } from 'node:fs/promises'
import { InputError, shownValue } from '../../_shared/errors.ts'
import { insideWorkspace } from '../../_shared/local-folder.ts'

export interface Lock {
  /** Absolute. */
  readonly file: string
  readonly text: string
  readonly coreVersion: string
  readonly adapterVersion: string
}

export async function readLock(workspace: string, given: string): Promise<Lock> {
  const { full } = await insideWorkspace(workspace, given, 'requirements')
  const text = await readFile(full, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(given, error.code === 'EISDIR' ? 'is a folder' : `cannot be read (${error.code})`)
  })
  return { file: full, ...parseLock(given, text) }
}

/** pip itself demands a hash of each; here only what pip would take and we could not keep. */
export function parseLock(given: string, text: string): Omit<Lock, 'file'> {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const elsewhere = lines.find((line) => /^(-r|-c|-e|--requirement|--constraint|--editable)\b/.test(line))
  if (elsewhere !== undefined)
    throw wrong(given, `takes in something else with "${elsewhere.slice(0, 80)}"; write everything into it`)
  if (!/--hash=sha\d+:/.test(text)) throw wrong(given, 'holds no hashes')
  const versionOf = (name: string): string => {
    const pin = new RegExp(`^${name}(?:\\[[^\\]]*\\])?\\s*==\\s*([\\w.]+)`, 'i')
    const version = lines.map((line) => pin.exec(line)?.[1]).find((found) => found !== undefined)
    if (version === undefined) throw wrong(given, `does not pin ${name}`)
    if (!/^1\.\d+\.\d+\w*$/.test(version))
      throw wrong(
        given,
        `pins ${name} ${version}; this action runs dbt 1.x, the BigQuery adapter has no dbt 2`,
      )
    return version
  }
  return { text, coreVersion: versionOf('dbt-core'), adapterVersion: versionOf('dbt-bigquery') }
}

function wrong(given: string, what: string): InputError {
  const shown = shownValue(given)
  return new InputError(`Reading input requirements: ${shown} ${what}.`, {
    input: 'requirements',
    given: shown,
    accepted: 'a lock with hashes that pins dbt-core and dbt-bigquery',
    hint: 'Make one with: uv pip compile --universal --generate-hashes dbt.in -o requirements.txt (or pip-compile --generate-hashes).',
  })
}
