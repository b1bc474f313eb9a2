/** What a runner's image would bring along, so that a run does not install it each time. It refuses to install what a workflow does not use. */
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ensureDbt } from '../toolchain/index.ts'

export const toolPathsFor = async (workflowFile: string, progress: (line: string) => void): Promise<string[]> => {
  const text = await readFile(workflowFile, 'utf8').catch(() => '')
  return /\buses:\s*\S*\/actions\/run-dbt\b/.test(text) ? [dirname((await ensureDbt(progress)).dbt)] : []
}
