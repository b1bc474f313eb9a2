/**
 * Runs terraform on a temporary copy of terraform-infra, with the schema check in the google provider's place
 * or with the real one; nothing it writes reaches the checkout.
 */
import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureSchemaProvider } from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'

const source = join(repoRoot, 'terraform-infra')
const answers = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, CHECKPOINT_DISABLE: '1' } }).status === 0

/**
 * `registry`: the real provider, where `terraform init` reaches it. Anything else: a check against its schema
 * alone.
 */
export const isRealProvider = process.env.CLICKSTREAM_TERRAFORM_PROVIDER === 'registry'
/** Set where a skipped check must not look like a passed one: the repository's own workflow. */
export const isRequired = process.env.CLICKSTREAM_TERRAFORM === 'required'
export const missingTools = [
  answers('terraform', 'version') ? '' : 'terraform',
  isRealProvider || answers('go', 'version') ? '' : 'go',
].filter(Boolean)

export interface Answer {
  readonly code: number
  readonly text: string
}

export interface Workspace {
  readonly folder: string
  /**
   * Without colour, stdout and stderr together and with the lines of a diagnostic joined; `cwd` is relative
   * to terraform-infra.
   */
  run(cwd: string, ...args: string[]): Promise<Answer>
  /** `init`, then `plan` from nothing; the plan as `terraform show -json` tells it. */
  plan(cwd: string, ...args: string[]): Promise<any>
  close(): Promise<void>
}

export async function resourceTypes(): Promise<string[]> {
  const files = (await readdir(source, { recursive: true })).filter(
    (name) => name.endsWith('.tf') && !name.includes('.terraform/'),
  )
  const texts = await Promise.all(files.map((name) => readFile(join(source, name), 'utf8')))
  return [
    ...new Set(
      texts.flatMap((text) => [...text.matchAll(/^resource "(google_\w+)"/gm)].map(([, type]) => type!)),
    ),
  ].sort()
}

export async function openWorkspace(): Promise<Workspace> {
  const root = await mkdtemp(join(tmpdir(), 'terraform '))
  const folder = join(root, 'terraform-infra')
  const settings = join(root, 'terraform.tfrc')
  await cp(source, folder, { recursive: true, filter: (path) => !/\.terraform(\.lock\.hcl)?$/.test(path) })
  const env: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TF_|GOOGLE_|CLOUDSDK_)/.test(name)),
  )
  Object.assign(env, {
    TF_IN_AUTOMATION: '1',
    TF_CLI_CONFIG_FILE: settings,
    CHECKPOINT_DISABLE: '1',
    NO_COLOR: '1',
  })
  // The real provider wants credentials before it plans anything, and uses none for a plan from nothing.
  if (isRealProvider)
    Object.assign(env, {
      GOOGLE_OAUTH_ACCESS_TOKEN: 'none',
      TF_PLUGIN_CACHE_DIR: root,
      TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1',
    })
  const mirror = isRealProvider
    ? undefined
    : (
        await ensureSchemaProvider(
          join(repoRoot, 'test/terraform/schema-provider'),
          await resourceTypes(),
          (line) => process.stderr.write(`${line}\n`),
        )
      ).mirror
  await writeFile(
    settings,
    mirror === undefined
      ? ''
      : `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  )
  // The state of a plan from nothing is nowhere; the override file is what Terraform has for that.
  for (const name of await readdir(join(folder, 'environments'))) {
    if (!name.startsWith('.'))
      await writeFile(
        join(folder, 'environments', name, 'backend_override.tf'),
        'terraform {\n  backend "local" {}\n}\n',
      )
  }
  const run: Workspace['run'] = (cwd, ...args) =>
    new Promise((resolve) => {
      execFile(
        'terraform',
        args,
        { cwd: join(folder, cwd), env, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
          resolve({
            code,
            text: `${stdout}${stderr}`.replaceAll(/^[│╷╵] ?/gm, '').replaceAll(/(?<=\S)\n(?=\S)/g, ' '),
          })
        },
      )
    })
  const plan: Workspace['plan'] = async (cwd, ...args) => {
    for (const command of [
      ['init', '-no-color', '-input=false'],
      ['plan', '-no-color', '-input=false', '-lock=false', '-out=terraform.tfplan', ...args],
    ]) {
      const { code, text } = await run(cwd, ...command)
      if (code !== 0) throw new Error(`terraform ${command[0]} in ${cwd}: ${text}`)
    }
    const { stdout } = spawnSync('terraform', ['show', '-json', 'terraform.tfplan'], {
      cwd: join(folder, cwd),
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    return JSON.parse(stdout)
  }
  return { folder, run, plan, close: () => rm(root, { recursive: true, force: true }) }
}
