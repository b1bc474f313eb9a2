/**
 * What a runner's image would bring along, so that a run does not install it each time. It refuses to install
 * what a workflow does not use.
 */
import { dirname, join } from 'node:path'
import { ensureDbt, ensureSpark } from '../toolchain/index.ts'

/** `uses`: those of all steps of the run, also of called workflows and composite actions. */
export const toolPathsFor = async (
  uses: readonly string[],
  progress: (line: string) => void,
): Promise<string[]> => {
  const paths: string[] = []
  if (uses.some((text) => /\/actions\/(run-dbt|check-sources)(@|$)/.test(text)))
    paths.push(dirname((await ensureDbt(progress)).dbt))
  if (uses.some((text) => /\/actions\/test-spark(@|$)/.test(text))) {
    const { python, javaHome } = await ensureSpark(progress)
    paths.push(dirname(python), join(javaHome, 'bin'))
  }
  return paths
}
