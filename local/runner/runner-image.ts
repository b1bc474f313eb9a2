/** What a runner's image would bring along, so that a run does not install it each time. It refuses to install what a workflow does not use. */
import { dirname } from 'node:path'
import { ensureDbt } from '../toolchain/index.ts'

/** `uses`: those of all steps of the run, also of called workflows and composite actions. */
export const toolPathsFor = async (uses: readonly string[], progress: (line: string) => void): Promise<string[]> =>
  uses.some((text) => /\/actions\/run-dbt(@|$)/.test(text)) ? [dirname((await ensureDbt(progress)).dbt)] : []
