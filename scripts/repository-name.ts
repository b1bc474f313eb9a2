/**
 * The repository's own name in what people copy: badge, examples, commands. package.json holds it; `npm run docs --
 * --repository OWNER/NAME` writes it everywhere. It refuses a name that GitHub would not take.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** What stands in the files until the name is set. */
export const UNSET = 'OWNER/REPO'

/** Where the name means this repository; elsewhere `OWNER/REPO` is the form of any repository's name. */
const PLACES = [
  'package.json',
  'README.md',
  'SECURITY.md',
  'actions/*/README.md',
  'docs/{migrate,quickstart,troubleshooting,versioning,workflows}.md',
  'workflows-examples/*.yml',
  'workflows-examples/*/.github/workflows/*.yml',
  'scripts/new-action/README.md.txt',
  'terraform-infra/environments/*/environment.yaml',
]
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/

/** One line while nobody has named this repository. */
export const unnamed = (root: string): string | undefined =>
  repositoryName(root) === UNSET
    ? `This repository has no name yet: npm run docs -- --repository OWNER/NAME writes it wherever ${UNSET} stands for it.`
    : undefined

/** `OWNER/NAME` as package.json's `repository` says it. */
export function repositoryName(root: string): string {
  const { repository } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    repository: { url: string }
  }
  const name = /github\.com\/(.+?)(?:\.git)?$/.exec(repository.url)?.[1]
  if (name === undefined)
    throw new Error(`package.json: repository.url ${repository.url} names no repository.`)
  return name
}

/** The files that changed, relative to `root`. */
export function renameRepository(root: string, name: string): string[] {
  if (!NAME.test(name)) {
    throw new Error(
      `npm run docs: ${JSON.stringify(name)} is not a repository's name; write OWNER/NAME as on GitHub.`,
    )
  }
  // Renamed once more, each link to that folder would change with it.
  if (existsSync(path.join(root, name)))
    throw new Error(`npm run docs: ${name} is a folder of this repository; links to it would be renamed.`)
  const old = repositoryName(root)
  return globSync(PLACES, { cwd: root })
    .sort()
    .filter((file) => {
      const before = readFileSync(path.join(root, file), 'utf8')
      const after = before.replaceAll(old, name)
      if (after !== before) writeFileSync(path.join(root, file), after)
      return after !== before
    })
}
