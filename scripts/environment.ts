/**
 * Prints the variables of a GitHub environment as `gh variable set --env-file -` reads them, made from its
 * environment.yaml; it sets nothing and knows no secret.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadEnvironments } from '../local/cloud/identity/environment.ts'
import { readGithubEnvironment } from '../local/runner/environment-vars.ts'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const folder = 'terraform-infra/environments'

async function main(argv: readonly string[]): Promise<number> {
  // All of them, whichever is asked for: two environments that share a name would overwrite each other's
  // world.
  const environments = await loadEnvironments(path.join(root, folder))
  const [name] = argv
  if (argv.length !== 1 || name === undefined || !environments.has(name)) {
    process.stderr.write(
      `npm run environment: ${name === undefined ? 'which environment?' : `there is no environment ${argv.join(' ')}.`} Write one of: ${[...environments.keys()].join(', ')}.\n`,
    )
    return 1
  }
  const { vars } = await readGithubEnvironment(root, `${folder}/${name}/environment.yaml`)
  for (const [key, value] of Object.entries(vars)) process.stdout.write(`${key}=${value}\n`)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
