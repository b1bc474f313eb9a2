/** A repository that has nothing but a caller, and folders of the same names as ours, which must never be taken for them. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repositoryName } from '../../scripts/repository-name.ts'
import { repoRoot } from '../support/cloud.ts'
import type { Platforms } from './platforms.ts'

/** The name under which the caller knows this product. */
export const ours = repositoryName(repoRoot)

export function callersRepository(scratch: string): string {
  const root = path.join(scratch, 'shop')
  cpSync(path.join(repoRoot, 'workflows-examples/another-repository'), root, { recursive: true })
  for (const name of ['auth', 'deploy-dags', 'publish-views', 'run-dbt', 'submit-spark', 'apply-ddl'])
    decoy(path.join(root, 'actions', name))
  for (const name of ['check-sources', 'package-release']) decoy(path.join(root, '.github/actions', name))
  return root
}

function decoy(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'action.yml'),
    'name: decoy\ndescription: must not run\nruns:\n  using: node24\n  main: index.js\n',
  )
  writeFileSync(path.join(folder, 'index.js'), "console.log('::error::the decoy ran'); process.exit(1)\n")
}

/** Its own name, with the ids that the local cloud's bindings name. */
export const asAnother = (platforms: Platforms): { identity: Platforms['identity'] } => ({
  identity: { ...platforms.identity, repository: 'example/shop' },
})
