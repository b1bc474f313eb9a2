/**
 * What a runner's image would bring along, so that a run does not install it each time. It refuses to install
 * what a workflow does not use, and puts no dbt on PATH: the actions find it where an earlier job of a runner
 * leaves it.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ensureDbt, ensureSpark } from '../toolchain/index.ts'
import { readLock } from '../toolchain/locks.ts'
import { thisMachine } from './check-scripts.ts'
import { toolCacheOf } from './job-root.ts'

/** `uses`: those of all steps of the run, also of called workflows and composite actions. */
export const toolPathsFor = async (
  uses: readonly string[],
  stateDir: string,
  progress: (line: string) => void,
): Promise<string[]> => {
  if (uses.some((text) => /\/actions\/(run-dbt|check-sources)(@|$)/.test(text)))
    await cacheDbt(stateDir, progress)
  const refusing = thisMachine(true).has('gsutil') ? [join(import.meta.dirname, 'programs')] : []
  if (!uses.some((text) => /\/actions\/test-spark(@|$)/.test(text))) return refusing
  const { python, javaHome } = await ensureSpark(progress)
  return [...refusing, dirname(python), join(javaHome, 'bin')]
}

/** As a job of this runner would have left it: one environment per lock, whole when it is marked with its digest. */
export const cacheDbt = async (stateDir: string, progress: (line: string) => void): Promise<void> => {
  const { python } = await ensureDbt(progress)
  const environment = dirname(dirname(python))
  const digest = createHash('sha256')
    .update(await readLock('dbt'))
    .digest('hex')
  const folder = join(toolCacheOf(stateDir), 'clickstream-actions', `dbt-${digest.slice(0, 16)}`)
  await mkdir(dirname(folder), { recursive: true })
  await mark(join(environment, '.complete'), digest)
  await rm(folder, { recursive: true, force: true })
  await symlink(environment, folder).catch((error: NodeJS.ErrnoException) => {
    // Another run of this state was quicker.
    if (error.code !== 'EEXIST') throw error
  })
}

/** The environment is shared by all runs of this machine: none may find the mark empty while another writes it. */
async function mark(file: string, digest: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === digest) return
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, digest)
  await rename(fresh, file)
}
