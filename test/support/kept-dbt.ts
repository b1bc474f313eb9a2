/** A tool folder that holds dbt as an earlier job left it: files, which a cache can carry, where the local runner links. */
import { cp, readdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { toolCacheOf } from '../../local/runner/job-root.ts'
import { cacheDbt } from '../../local/runner/runner-image.ts'

/** @returns the tool folder of this state. */
export async function keepDbt(stateDir: string): Promise<string> {
  await cacheDbt(stateDir, () => undefined)
  const tools = toolCacheOf(stateDir)
  const folder = join(tools, 'clickstream-actions')
  for (const name of await readdir(folder)) {
    const entry = join(folder, name)
    const real = await realpath(entry)
    if (real === entry) continue
    await rm(entry)
    // Compiled Python is of its source's very time.
    await cp(real, entry, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  }
  return tools
}
