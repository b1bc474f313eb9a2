/** auth, end of the job: removes the credentials file this step wrote. It refuses to touch any other. */
import { runPost } from '../../_shared/run.ts'
import { removeSecretFile } from './secret-file.ts'

void runPost('auth', async (runner) => {
  const path = runner.readState('credentials-file-path')
  if (path === '') return
  runner.log.info((await removeSecretFile(path)) ? `Removed ${path}.` : `${path} was already removed.`)
})
