/**
 * The import check of the deploy-dags bundle before an Airflow that lags as Composer's does: its command line
 * is played here, all else is the local cloud.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const OBJECTS = '/storage/v1/b/caec-local-dags/o'
const DAG = (id: string) => `from airflow.sdk import DAG\nwith DAG('${id}'):\n    pass\n`
const FOLDER = '/home/airflow/gcs/dags'
let cloud: TestCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await signIn(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(async () => {
  const reply = await cloud.fetchAs('data-eng', OBJECTS)
  for (const { name } of ((await reply.json()) as { items?: { name: string }[] }).items ?? [])
    await cloud.fetchAs('data-eng', `${OBJECTS}/${encodeURIComponent(name)}`, { method: 'DELETE' })
  await rm(join(job.workspace, 'dags'), { recursive: true, force: true })
})
async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'dags', name)), { recursive: true })
    await writeFile(join(job.workspace, 'dags', name), text)
  }
}

/** A command that fails in Airflow's own words. */
type Failed = { readonly exitCode: number; readonly line: string }
interface Answer {
  readonly errors?: readonly { filepath: string; error: string }[]
  readonly dags?: readonly { fileloc: string; last_parsed_time: string }[]
}
/** @param answers of one command after the other; the last goes on. */
async function deploy(
  answers: {
    readonly errors: readonly Answer['errors'][]
    readonly dags?: readonly (() => Answer['dags'] | Failed)[]
  },
  inputs: Record<string, string> = {},
): Promise<RunResult & { commands: string[] }> {
  const commands: string[] = []
  const count = { 'list-import-errors': 0, list: 0 }
  const proxy = await openProxy(cloud.origin, (request, reply, body) => {
    const asJson = (value: unknown) => {
      reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
      return true
    }
    if (request.url?.endsWith(':executeAirflowCommand')) {
      const { subcommand } = JSON.parse(body.toString()) as { subcommand: 'list' | 'list-import-errors' }
      commands.push(subcommand)
      const turn = count[subcommand]++
      const lines =
        subcommand === 'list'
          ? (answers.dags?.[Math.min(turn, answers.dags.length - 1)]?.() ?? [])
          : answers.errors[Math.min(turn, answers.errors.length - 1)]
      return asJson({
        executionId: Buffer.from(JSON.stringify(lines)).toString('base64'),
        pod: 'p',
        podNamespace: 'n',
      })
    }
    if (!request.url?.endsWith(':pollAirflowCommand')) return false
    const { executionId } = JSON.parse(body.toString()) as { executionId: string }
    const content = Buffer.from(executionId, 'base64').toString()
    const { exitCode = 0, line = content } = JSON.parse(content) as Partial<Failed>
    return asJson({ output: [{ lineNumber: 1, content: line }], outputEnd: true, exitInfo: { exitCode } })
  })
  try {
    const result = await runBundle('deploy-dags', {
      job,
      env: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPOSER: proxy.origin },
      with: { environment: 'caec', location: 'us-central1', 'sync-wait-seconds': '30', ...inputs },
    })
    return { ...result, commands }
  } finally {
    proxy.close()
  }
}
const messages = (result: RunResult, kind: string) =>
  result.annotations
    .filter((annotation) => annotation.kind === kind)
    .map(({ message }) => message)
    .join('\n')
const parsed = (name: string) => () => [
  { fileloc: `${FOLDER}/${name}`, last_parsed_time: new Date(Date.now() + 1000).toISOString() },
]
const parsedBefore = (name: string) => () => [
  { fileloc: `${FOLDER}/${name}`, last_parsed_time: '2026-01-01T00:00:00+00:00' },
]
const broken = { filepath: `${FOLDER}/daily.py`, error: `File "${FOLDER}/daily.py", line 2\nNameError: old` }

describe('the import check', () => {
  it('waits with an error that was there before the fix, and ends well when the fix was parsed', async () => {
    await write({ 'daily.py': DAG('daily') })
    const result = await deploy({ errors: [[broken], [broken], []], dags: [parsed('daily.py')] })
    expect([result.exitCode, messages(result, 'error')]).toEqual([0, ''])
    expect(result.outputs).toMatchObject({ 'import-errors': '0', 'imports-confirmed': 'true' })
    expect(result.commands).toEqual([
      'list-import-errors',
      'list-import-errors',
      'list-import-errors',
      'list',
    ])
  })

  it('fails at once with an error that is new', async () => {
    await write({ 'daily.py': DAG('daily') })
    const key = `-----BEGIN PRIVATE KEY-----\n${'canaryAAAA\n'.repeat(30)}-----END PRIVATE KEY-----`
    const words = `token = 'ya29.canary'\nkey = '${key}'\nNameError: new ya29.canary`
    const now = { ...broken, error: `File "${FOLDER}/daily.py", line 3\n${words}` }
    const result = await deploy({ errors: [[broken], [now]] })
    expect(result.log + result.summary).not.toContain('canary')
    expect([result.exitCode, messages(result, 'error')]).toEqual([
      1,
      expect.stringContaining('NameError: new'),
    ])
    expect(result.commands).toEqual(['list-import-errors', 'list-import-errors'])
    expect(result.outputs['imports-confirmed']).toBe('false')
  })

  it('fails in the end with an error that stays', async () => {
    await write({ 'daily.py': DAG('daily') })
    const result = await deploy({ errors: [[broken]] }, { 'sync-wait-seconds': '1' })
    expect([result.exitCode, messages(result, 'error')]).toEqual([
      1,
      expect.stringContaining('NameError: old'),
    ])
  })

  it("takes no other folder's daily.py for ours", async () => {
    await write({ 'daily.py': DAG('daily') })
    const theirs = { filepath: `${FOLDER}/team_b/daily.py`, error: 'NameError: theirs' }
    const result = await deploy({ errors: [[], [theirs]], dags: [parsed('daily.py')] })
    expect([result.exitCode, messages(result, 'error'), messages(result, 'warning')]).toEqual([
      0,
      '',
      expect.stringContaining('A file of another owner does not import'),
    ])
  })

  it('takes what is broken in our archive for ours', async () => {
    await write({ 'pack.zip': 'PK' })
    const inside = { filepath: 'pack.zip/inside.py', error: 'NameError: inside' }
    const result = await deploy({ errors: [[], [inside]] })
    expect([result.exitCode, messages(result, 'error')]).toEqual([1, expect.stringContaining('pack.zip')])
  })

  it.each([
    ['never parsed', () => []],
    ['parsed before the upload only', parsedBefore('daily.py')],
  ])('calls a file that was %s not confirmed', async (_name, dags) => {
    await write({ 'daily.py': DAG('daily') })
    const result = await deploy({ errors: [[]], dags: [dags] }, { 'sync-wait-seconds': '1' })
    expect([result.exitCode, messages(result, 'warning')]).toEqual([
      0,
      expect.stringContaining('Not confirmed: within 1 s Airflow has not shown that it read daily.py'),
    ])
    expect(result.outputs['imports-confirmed']).toBe('false')
  })

  const usage = () => ({ exitCode: 2, line: 'usage: airflow [-h] GROUP_OR_COMMAND' })
  it.each<[string, Record<string, string>, () => Answer['dags'] | Failed, string]>([
    [
      'a changed DAG that is not listed',
      { 'daily.py': `${DAG('daily')}# now\n` },
      () => [],
      'read daily.py.',
    ],
    [
      'a DAG of a factory',
      { 'more.py': 'import airflow\nx = DbtDag()\n' },
      parsed('daily.py'),
      'read more.py.',
    ],
    ['a changed module', { 'lib.py': 'A = 2\n' }, parsedBefore('daily.py'), 'read daily.py.'],
    [
      'what a failed list hides',
      { 'daily.py': `${DAG('daily')}# 2\n` },
      usage,
      'airflow dags list ended with 2 (daily.py)',
    ],
  ])('calls %s not confirmed', async (_name, files, dags, said) => {
    await write({ 'daily.py': DAG('daily'), 'lib.py': 'A = 1\n' })
    await deploy({ errors: [[]], dags: [parsed('daily.py')] })
    await write(files)
    const result = await deploy({ errors: [[]], dags: [dags] }, { 'sync-wait-seconds': '0' })
    expect([result.exitCode, messages(result, 'warning')]).toEqual([0, expect.stringContaining(said)])
    expect(result.outputs['imports-confirmed']).toBe('false')
  })

  it('asks once where nothing changed, and still names what is broken', async () => {
    await write({ 'daily.py': DAG('daily') })
    await deploy({ errors: [[]], dags: [parsed('daily.py')] })
    const result = await deploy({ errors: [[broken]] })
    expect([result.exitCode, result.commands]).toEqual([1, ['list-import-errors']])
  })
})

describe('rollback-on-import-error', () => {
  const FIRST = { 'daily.py': DAG('daily'), 'kept.py': 'K = 1\n' }
  const then = { 'rollback-on-import-error': 'true' }
  const names = async () => {
    const { items = [] } = (await (await cloud.fetchAs('data-eng', `${OBJECTS}?prefix=dags/`)).json()) as {
      items?: { name: string }[]
    }
    return items.map(({ name }) => name)
  }
  const textOf = async (name: string) =>
    (await cloud.fetchAs('data-eng', `${OBJECTS}/${encodeURIComponent(name)}?alt=media`)).text()
  const now = { ...broken, error: `File "${FOLDER}/daily.py", line 3\nNameError: new` }

  it('brings back what was there before a new error, says so, and fails all the same', async () => {
    await write(FIRST)
    await deploy({ errors: [[]], dags: [parsed('daily.py')] }, then)
    await write({ 'daily.py': `${DAG('daily')}# now\n`, 'added.py': 'A = 1\n' })
    const result = await deploy({ errors: [[], [now]] }, then)
    expect([result.exitCode, messages(result, 'error')]).toEqual([
      1,
      expect.stringMatching(
        /Rolled back to before deployment 000002-4711-1 \(record 000003-4711-1\).*#dag-import/s,
      ),
    ])
    expect(result.outputs).toMatchObject({ 'rolled-back': 'true', record: '000002-4711-1' })
    expect(await names()).toEqual(['dags/daily.py', 'dags/kept.py'])
    expect(await textOf('dags/daily.py')).toBe(DAG('daily'))
  })

  it('leaves a deployment that has nothing to do with the error', async () => {
    await write(FIRST)
    await deploy({ errors: [[]], dags: [parsed('daily.py')] }, then)
    await write({ 'notes.txt': 'x' })
    const result = await deploy({ errors: [[broken]] }, { ...then, 'sync-wait-seconds': '0' })
    expect([result.exitCode, result.outputs['rolled-back']]).toEqual([1, 'false'])
    expect(await names()).toContain('dags/notes.txt')
  })
})
