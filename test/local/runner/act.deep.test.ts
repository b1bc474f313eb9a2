/** act as a second runner: the commands of the page, in a clone of this repository, where Go can build the program. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../../local/toolchain/index.ts'
import { installOnce } from '../../../local/toolchain/installed-once.ts'
import { runTool } from '../../../local/toolchain/run-tool.ts'
import { hasProgram } from '../../support/shop.ts'
import { repoRoot } from '../../support/cloud.ts'

const minutes = 60_000
const say = (line: string): void => void process.stderr.write(`${line}\n`)
/** The version that the page names; Go checks the sources against its own record of them. */
const page = readFileSync(join(repoRoot, 'docs/local-runner.md'), 'utf8')
const [, section = ''] = page.split('\n## A second runner: act\n')
const [, version = ''] = /tried with (\d+\.\d+\.\d+)/.exec(section) ?? []
const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? []

async function buildAct(): Promise<string> {
  const { folder } = await installOnce({
    name: 'act',
    content: [version],
    progress: say,
    install: async (directory) => {
      await runTool('go', ['install', `github.com/nektos/act@v${version}`], {
        doing: 'Building act',
        progress: say,
        cwd: directory,
        env: { ...process.env, GOBIN: directory, GOFLAGS: '', GOTOOLCHAIN: 'local' },
      })
      return { folder: directory }
    },
    isUsable: ({ folder: built }: { folder: string }) =>
      spawnSync(join(built, 'act'), ['--version']).status === 0,
  })
  return folder
}

const ifThere = ['go', 'jq', 'curl'].every(hasProgram) ? describe : describe.skip
ifThere('act', () => {
  let clone: string
  let act: string
  let dbt: string
  beforeAll(async () => {
    act = await buildAct()
    dbt = dirname((await ensureDbt(say)).dbt)
    clone = mkdtempSync(join(tmpdir(), 'act-clone-'))
    execFileSync('git', ['clone', '-q', '--shared', repoRoot, clone])
    execFileSync('git', [
      '-C',
      clone,
      'remote',
      'set-url',
      'origin',
      'https://github.com/example/clickstream-platform',
    ])
    symlinkSync(join(repoRoot, 'node_modules'), join(clone, 'node_modules'))
  }, 15 * minutes)
  afterAll(() => {
    if (clone !== undefined) rmSync(clone, { recursive: true, force: true })
  })

  it(
    'deploys the DAG, runs Spark and dbt and publishes the views with the same bundles',
    async () => {
      const { code, said } = await new Promise<{ code: number; said: string }>((resolve) => {
        execFile(
          'bash',
          ['-e', '-c', `trap 'kill $cloud' ERR\n${commands}`],
          {
            cwd: clone,
            env: {
              ...process.env,
              PATH: [act, dbt, dirname(process.execPath), process.env.PATH].join(delimiter),
            },
            maxBuffer: 64 * 2 ** 20,
          },
          (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr })
          },
        )
      })
      expect([code, said]).toEqual([0, expect.stringContaining('Success - Main Deploy DAGs')])
      const steps = ['Package', 'Authenticate', 'Stage Spark code', 'Clean', 'Sessionize', 'Load and build']
      for (const step of [...steps, 'Publish views']) expect(said).toContain(`Success - Main ${step}`)
      expect(said).toMatch(/clickstream_pipeline\.py/)
      expect(said).not.toMatch(/ya29\.[A-Za-z0-9_-]{20}/)
    },
    30 * minutes,
  )
})
