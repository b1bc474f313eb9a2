/** Where the files of a state's cloud are: a link that the demo turns decides, and nothing here turns it. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Where the cloud of this state keeps its files: the demo's current data when there is any, otherwise a place
 * of its own.
 */
export const cloudDirOf = async (stateDir: string): Promise<string> => {
  const current = join(stateDir, 'current', 'cloud')
  return (await stat(current).catch(() => undefined))?.isDirectory() ? current : join(stateDir, 'cloud')
}
