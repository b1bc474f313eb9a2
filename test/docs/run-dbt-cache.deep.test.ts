/**
 * The lines of run-dbt's README that carry an installation from run to run, as they stand there, with a cache that
 * keeps: what a first machine installed, a second one with nothing but what was kept finds. A job of the local runner
 * reaches no package index: the installation itself is a test of its own.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectToCloud } from '../../local/runner/cloud-connection.ts'
import { readGithubEnvironment } from '../../local/runner/environment-vars.ts'
import { runWorkflow } from '../../local/runner/run-workflow.ts'
import { standIns } from '../../local/runner/stand-ins.ts'
import { findPython } from '../../local/toolchain/find-python.mjs'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { keepDbt } from '../support/kept-dbt.ts'
import { openScratch } from './run-examples.ts'
import { fencesOf } from './markdown.ts'

let cloud: TestCloud
let scratch: string
let folder: string
beforeAll(async () => {
  scratch = await openScratch()
  folder = await mkdtemp(path.join(tmpdir(), 'kept caches '))
  cloud = await startTestCloud()
  // A Python, and no dbt beside it.
  await writeFile(path.join(folder, 'python3'), `#!/bin/sh\nexec '${findPython(10, 13).python?.path}' "$@"\n`)
  await chmod(path.join(folder, 'python3'), 0o755)
}, 300_000)
afterAll(async () => {
  await cloud?.close()
  for (const made of [scratch, folder]) await rm(made, { recursive: true, force: true })
})

it(
  'are carried out: what the first run installed is found by the second',
  async () => {
    const readme = await readFile(path.join(repoRoot, 'actions/run-dbt/README.md'), 'utf8')
    const lines = fencesOf(readme).find(({ text }) => text.includes('actions/cache@'))?.text ?? ''
    const file = path.join(scratch, 'kept.yml')
    const steps = [
      '- uses: actions/checkout@v5',
      '- uses: ./actions/auth',
      '  with:',
      '    workload-identity-provider: ${{ vars.WORKLOAD_IDENTITY_PROVIDER }}',
      '    service-account: ${{ vars.DBT_SERVICE_ACCOUNT }}',
      ...lines.trimEnd().split('\n'),
      '- uses: ./actions/run-dbt',
      '  with: { dataset: caec_analytics, location: "${{ vars.REGION }}", commands: parse }',
    ]
    await writeFile(
      file,
      [
        'on: workflow_dispatch',
        `env: ${JSON.stringify({ KEPT_CACHES: folder })}`,
        'jobs:',
        '  dbt:',
        '    runs-on: ubuntu-latest',
        '    environment: dev',
        '    permissions: { contents: read, id-token: write }',
        '    steps:',
        ...steps.map((line) => `      ${line}`),
      ].join('\n'),
    )
    const environment = await readGithubEnvironment(repoRoot)
    const run = async (): Promise<string> => {
      const shown: string[] = []
      const { conclusion } = await runWorkflow({
        file,
        repositoryRoot: repoRoot,
        repositories: {
          ...standIns,
          'actions/cache': path.join(import.meta.dirname, '../support/keeping-cache'),
        },
        stateDir: scratch,
        identity: environment.identity,
        vars: environment.vars,
        cloud: connectToCloud(cloud.origin, cloud.stateDir),
        toolPaths: [folder],
        show: (line) => shown.push(line),
      })
      expect(`${shown.join('\n')}\n${conclusion}`).toMatch(/\nsuccess$/)
      return shown.join('\n')
    }
    const tools = await keepDbt(scratch)
    const first = await run()
    expect(first).toMatch(/cache not found: run-dbt-\w+-\S+-1/)
    expect(first).toContain('cache saved')
    // A machine of GitHub's starts with none.
    await rm(tools, { recursive: true })
    const second = await run()
    expect(second).toContain('cache restored: run-dbt-')
    expect(second).toContain('installed by an earlier step or job')
    expect(second).not.toMatch(/Installing dbt-core|cache saved/)
  },
  20 * 60_000,
)
