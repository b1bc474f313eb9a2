/**
 * Somebody's repository with workflows like those in public, and the command line that runs them, as a person types it.
 * A local cloud that was started before on the same state is joined.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repoRoot } from './cloud.ts'

export interface ShopRun {
  readonly code: number
  readonly shown: string
  readonly conclusion?: string
  /** By job. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
}
export interface Shop {
  readonly root: string
  run(workflow: string, ...args: string[]): Promise<ShopRun>
  write(file: string, text: string): void
  close(): Promise<void>
}

const cli = join(repoRoot, 'local/cli.ts')

type Change = (text: string) => string

/** `access`, `environment`: change the file of that name of this product into the shop's own. */
export async function openShop(
  own: { readonly access?: Change; readonly environment?: Change } = {},
): Promise<Shop> {
  const root = mkdtempSync(join(tmpdir(), 'public shop '))
  const state = join(root, '.local')
  cpSync(join(repoRoot, 'test/local/runner/public-workflows'), join(root, '.github/workflows'), {
    recursive: true,
  })
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  write('.gitignore', '.local/\n')
  write('requirements.txt', 'pytest\n')
  write('tests.py', 'assert 1 + 1 == 2\n')
  write('reports/one.txt', 'one')
  write('jobs/wait.py', 'import sys, time\nprint("waits", flush=True)\ntime.sleep(float(sys.argv[1]))\n')
  write('dags/hourly.py', 'from airflow.sdk import DAG\n\nwith DAG("hourly"):\n    pass\n')
  write(
    '.github/actions/setup/action.yml',
    `name: Setup
description: Node, as this repository wants it
inputs: { node: { description: Version, default: lts/* } }
outputs: { node: { description: Version, value: "\${{ steps.node.outputs.node-version }}" } }
runs:
  using: composite
  steps:
    - id: node
      uses: actions/setup-node@v5
      with: { node-version: "\${{ inputs.node }}", cache: npm }
    - run: test "$(node --version)" = "\${{ steps.node.outputs.node-version }}"
      shell: bash
`,
  )
  execFileSync('git', ['init', '-q', root])
  execFileSync('git', ['-C', root, 'remote', 'add', 'origin', 'https://github.com/octo/shop.git'])
  const files: string[] = []
  const lay = (option: string, from: string, change?: Change): void => {
    if (!change) return
    write(`${option}.yaml`, change(readFileSync(join(repoRoot, 'terraform-infra', from), 'utf8')))
    files.push(`--${option}`, join(root, `${option}.yaml`))
  }
  lay('access', 'access.yaml', own.access)
  lay('environment', 'environments/dev/environment.yaml', own.environment)
  const cloud = await startUp(state, files)
  return {
    root,
    write,
    run: (workflow, ...args) =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          [cli, 'run', join(root, '.github/workflows', workflow), '--state', state, ...args],
          { cwd: root, env: process.env, maxBuffer: 64 * 2 ** 20 },
          (error, stdout, shown) => {
            const last = stdout.trim().split('\n').at(-1) ?? ''
            const result = last.startsWith('{')
              ? (JSON.parse(last) as {
                  conclusion: string
                  jobs: { id: string; outputs: Record<string, string> }[]
                })
              : undefined
            resolve({
              code: error ? Number(error.code) : 0,
              shown,
              conclusion: result?.conclusion,
              outputs: Object.fromEntries(result?.jobs.map((job) => [job.id, job.outputs]) ?? []),
            })
          },
        )
      }),
    async close() {
      cloud.kill('SIGTERM')
      if (cloud.exitCode === null) await once(cloud, 'exit')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Ready when it has said where it is. */
async function startUp(state: string, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, 'up', '--state', state, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error('the local cloud did not start')
  return child
}

/** Whether a program of Google's is on this machine: what needs it is skipped where it is not. */
export const hasProgram = (name: string): boolean => {
  try {
    execFileSync('which', [name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
