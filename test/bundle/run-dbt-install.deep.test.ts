/**
 * The run-dbt bundle installs dbt where there is none, with the oldest pip a supported Python brings, with this
 * Python's own and with a new one; a second run finds what the first one left.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { findPython } from '../../local/toolchain/find-python.mjs'
import { errorsOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery()
  job = await signIn(cloud, 'dbt')
  await mkdir(join(job.workspace, 'dbt/models'), { recursive: true })
  await writeFile(join(job.workspace, 'dbt/dbt_project.yml'), 'name: tiny\nversion: 1.0.0\n')
  await writeFile(join(job.workspace, 'dbt/models/a.sql'), 'select 1 as id\n')
}, 600_000)
afterAll(() => Promise.all([job.close(), cloud.close()]), 10 * 60_000)

/** A PATH with this Python and no dbt; what it makes has the pip that is asked for. */
async function pathWith(pip: string): Promise<string> {
  const bin = join(job.temp, `with pip ${pip}`)
  await mkdir(bin)
  const real = findPython(10, 13).python?.path ?? ''
  const settle =
    pip === 'its own'
      ? ''
      : `for last; do :; done\n"$last/bin/python" -m pip install -q --disable-pip-version-check 'pip${pip}' || exit 9\n`
  await writeFile(
    join(bin, 'python3'),
    `#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exec '${real}' "$@"\n'${real}' "$@" || exit $?\n${settle}`,
  )
  await chmod(join(bin, 'python3'), 0o755)
  for (const tool of ['sh', 'git']) await symlink(`/usr/bin/${tool}`, join(bin, tool)).catch(() => undefined)
  return [bin, '/bin'].join(delimiter)
}

/** What the machine says of its package index; the runner of the tests hands on nothing else. */
const index = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      /^(PIP_|SSL_CERT|REQUESTS_CA|https?_proxy|HTTPS?_PROXY|NO_PROXY|no_proxy)/.test(entry[0]) &&
      entry[1] !== undefined,
  ),
)

describe.each(['==21.2.3', 'its own', '>=25'])('with a pip %s', (pip) => {
  it(
    'installs from the lock, and a second run finds it',
    async () => {
      const PATH = await pathWith(pip)
      const run = () =>
        runBundle('run-dbt', {
          job,
          env: { ...job.env, ...index, PATH, RUNNER_TOOL_CACHE: join(job.temp, `tools ${pip}`) },
          with: { dataset: 'caec_analytics', location: 'us-central1', commands: 'parse' },
        })
      const first = await run()
      expect([first.exitCode, errorsOf(first)]).toEqual([0, []])
      expect(first.log).toContain('Installing dbt-core 1.11.16, dbt-bigquery 1.12.1 (no dbt on PATH).')
      const second = await run()
      expect([second.exitCode, errorsOf(second)]).toEqual([0, []])
      expect(second.log).toContain('installed by an earlier step or job')
      expect(second.log).not.toContain('Installing')
    },
    40 * 60_000,
  )
})

it(
  'installs a lock of its own, and says what one lacks',
  async () => {
    const shipped = await readFile(join(import.meta.dirname, '../../dist/run-dbt/requirements.txt'), 'utf8')
    await writeFile(join(job.workspace, 'whole.txt'), shipped)
    await writeFile(join(job.workspace, 'partial.txt'), shipped.replace(/^agate==.*\n(?: +--hash.*\n)+/m, ''))
    const PATH = await pathWith('>=24')
    const run = (requirements: string) =>
      runBundle('run-dbt', {
        job,
        env: { ...job.env, ...index, PATH, RUNNER_TOOL_CACHE: join(job.temp, 'tools of locks') },
        with: { dataset: 'caec_analytics', location: 'us-central1', commands: 'parse', requirements },
      })
    const whole = await run('whole.txt')
    expect([whole.exitCode, errorsOf(whole)]).toEqual([0, []])
    expect(whole.log).toContain('Installing dbt-core 1.11.16, dbt-bigquery 1.12.1 (locked by whole.txt).')
    const partial = await run('partial.txt')
    expect(partial.exitCode).toBe(1)
    expect(errorsOf(partial)[0]).toMatch(
      /pip ended with exit code 1: [\s\S]*requires agate, which is not installed/,
    )
    expect(errorsOf(partial)[0]).toMatch(/The lock of the input requirements is not complete/)
  },
  40 * 60_000,
)

it("says pip's own words when a version does not exist", async () => {
  const result = await runBundle('run-dbt', {
    job,
    env: { ...job.env, ...index, PATH: await pathWith('>=25.0'), RUNNER_TOOL_CACHE: join(job.temp, 'other') },
    with: { dataset: 'd', location: 'EU', commands: 'parse', 'dbt-core-version': '1.999.0' },
  })
  expect(result.exitCode).toBe(1)
  expect(result.annotations.map(({ message }) => message).join('\n')).toMatch(
    /Installing dbt-core 1\.999\.0, dbt-bigquery 1\.12\.1: pip ended with exit code 1: ERROR: [\s\S]*dbt-core==1\.999\.0/,
  )
}, 300_000)
