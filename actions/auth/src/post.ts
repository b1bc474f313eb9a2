/** auth, end of the job: removes the credentials file this step wrote. It refuses to touch any other. */
import type { Runner } from '../../_shared/run.ts'
import { removeSecretFile } from './secret-file.ts'

export async function tidyUp(runner: Runner): Promise<void> {
  const path = runner.readState('credentials-file-path')
  if (path === '') return
  runner.log.info((await removeSecretFile(path)) ? `Removed ${path}.` : `${path} was already removed.`)
}
