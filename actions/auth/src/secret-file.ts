/**
 * Writes and removes the one file that holds a secret. It refuses to follow links, to overwrite, or to remove
 * what it did not write.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../../_shared/errors.ts'

const NAME = /^gha-creds-[0-9a-f]{16}\.json$/

/** Somewhere else such a file could outlive the job. */
export function checkTempDir(environment: Readonly<Record<string, string | undefined>>): void {
  if (!environment.RUNNER_TEMP) throw noPlace('RUNNER_TEMP', 'it is not set')
}

function noPlace(given: string, why: string): InputError {
  return new InputError(`Writing the credentials file into the runner's temporary folder ${given}: ${why}.`, {
    input: 'RUNNER_TEMP',
    given,
    accepted: 'a folder that this user may write to',
    problem: 'credentials-file',
    hint: 'The runner sets RUNNER_TEMP; on a self-hosted runner or in a container job, create that folder or mount it writable.',
  })
}

/**
 * Creates `gha-creds-<16 hex>.json` (Google's own pattern, so that ignore files written for it work) readable
 * by this user only.
 */
export async function writeSecretFile(folder: string, content: unknown): Promise<string> {
  const path = join(folder, `gha-creds-${randomBytes(8).toString('hex')}.json`)
  // O_NOFOLLOW is absent on Windows; O_EXCL alone already refuses an existing link there.
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0),
    0o600,
  ).catch((error: NodeJS.ErrnoException) => {
    throw noPlace(folder, error.code === 'ENOENT' ? 'there is no such folder' : (error.code ?? error.message))
  })
  try {
    await file.writeFile(JSON.stringify(content))
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}

/** True when it was there. */
export async function removeSecretFile(path: string): Promise<boolean> {
  if (!NAME.test(basename(path)))
    throw new Error(`removing ${path}: this is not a credentials file that this action wrote`)
  try {
    if (!(await lstat(path)).isFile()) throw new Error(`removing ${path}: it is not a plain file any more`)
    await unlink(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
