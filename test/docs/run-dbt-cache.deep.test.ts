/**
 * The lines of run-dbt's README that carry an installation from run to run, as they stand there, with a cache that
 * keeps: a first machine installs, a second one with nothing but what was kept does not.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectToCloud } from '../../local/runner/cloud-connection.ts'
import { readGithubEnvironment } from '../../local/runner/environment-vars.ts'
import { toolCacheOf } from '../../local/runner/job-root.ts'
import { runWorkflow } from '../../local/runner/run-workflow.ts'
import { standIns } from '../../local/runner/stand-ins.ts'
import { findPython } from '../../local/toolchain/find-python.mjs'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
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

/** What the machine says of its package index; a job of the local runner has no such variables. */
const index = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(PIP_|SSL_CERT|REQUESTS_CA|https?_proxy|HTTPS?_PROXY|NO_PROXY|no_proxy)/.test(name),
  ),
)

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
        `env: ${JSON.stringify({ ...index, KEPT_CACHES: folder })}`,
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
      // A machine of GitHub's starts with none.
      await rm(toolCacheOf(scratch), { recursive: true, force: true })
      await mkdir(toolCacheOf(scratch), { recursive: true })
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
      expect([conclusion, shown.join('\n')]).toEqual(['success', expect.anything()])
      return shown.join('\n')
    }
    const first = await run()
    expect(first).toMatch(/cache not found: run-dbt-Linux-\S+-1/)
    expect(first).toContain('Installing dbt-core 1.11.16, dbt-bigquery 1.12.1 (no dbt on PATH).')
    expect(first).toContain('cache saved')
    const second = await run()
    expect(second).toContain('cache restored: run-dbt-Linux-')
    expect(second).toContain('installed by an earlier step or job')
    expect(second).not.toMatch(/Installing dbt-core|cache saved/)
  },
  20 * 60_000,
)
