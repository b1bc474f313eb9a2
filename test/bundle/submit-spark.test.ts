/**
 * The submit-spark bundle against the local cloud, where spark-submit really runs the job. The jobs start no
 * session: this is about batches, not about Spark.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { errorOf, runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const STAGING = 'caec-local-staging'
let cloud: TestCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  job = await signIn(cloud)
  await write({
    'jobs/good.py':
      'import sys\nfrom greeting.words import hello\nprint(hello("é"), sys.argv[1:])\nprint("::error::not a command")\nprint("##[error]not one either")\nprint("ya29.canary\\n-----BEGIN PRIVATE KEY-----\\ncanaryAAAA\\n-----END PRIVATE KEY-----")\n',
    'jobs/bad.py': 'from greeting.words import fail\nfail()\n',
    'jobs/slow.py': 'import time\nprint("started", flush=True)\ntime.sleep(600)\n',
    'greeting/__init__.py': '',
    'greeting/words.py':
      'def hello(name):\n    return f"hello {name}"\n\n\ndef fail():\n    raise ValueError("no such word")\n',
    'greeting/__pycache__/words.pyc': 'x',
  })
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, name)), { recursive: true })
    await writeFile(join(job.workspace, name), text)
  }
}
function submit(inputs: Record<string, string> = {}, options: Partial<RunOptions> = {}): Promise<RunResult> {
  return runBundle('submit-spark', {
    job,
    ...options,
    env: { ...job.env, ...options.env },
    with: {
      main: 'jobs/good.py',
      'py-files': 'greeting',
      region: 'us-central1',
      'service-account': 'caec-spark@caec-local.iam.gserviceaccount.com',
      'staging-bucket': STAGING,
      'poll-seconds': '1',
      'settle-seconds': '0.6',
      ...inputs,
    },
  })
}
async function batchOf(id: string): Promise<{
  state: string
  pysparkBatch: { args?: string[]; pythonFileUris: string[] }
  environmentConfig: { executionConfig: Record<string, unknown> }
  labels: Record<string, string>
}> {
  return (
    await cloud.fetchAs('ops', `/v1/projects/caec-local/locations/us-central1/batches/${id}`)
  ).json() as never
}
async function staged(): Promise<string[]> {
  const reply = await cloud.fetchAs('data-eng', `/storage/v1/b/${STAGING}/o?prefix=submit-spark/`)
  return (((await reply.json()) as { items?: { name: string }[] }).items ?? []).map(({ name }) => name)
}

describe('submit-spark', () => {
  let first: RunResult
  it('stages files and a zipped folder, runs the batch and reports its state, output, usage and cost', async () => {
    first = await submit({ args: '--raw\ngs://x/a b', labels: 'Team=Data & Insights' })
    expect([first.exitCode, errorOf(first)]).toEqual([0, ''])
    expect(first.outputs).toMatchObject({
      state: 'SUCCEEDED',
      'batch-name': `projects/caec-local/locations/us-central1/batches/${first.outputs['batch-id']}`,
      'batch-id': expect.stringMatching(/^good-[0-9a-f]{16}$/),
    })
    expect(Number(first.outputs['milli-dcu-seconds'])).toBeGreaterThan(0)
    expect(Number(first.outputs['cost-usd'])).toBeGreaterThan(0)
    expect(first.log).toContain("│ hello é ['--raw', 'gs://x/a b']")
    expect(first.log).toMatch(/: SUCCEEDED/)
    const batch = await batchOf(first.outputs['batch-id']!)
    expect(batch.environmentConfig.executionConfig).toMatchObject({
      stagingBucket: STAGING,
      authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
    })
    expect(batch.labels).toEqual({
      team: 'data-insights',
      'github-repository': 'octo-clicks',
      'github-run-id': '4711',
      'github-sha': '0123456789abcdef0123456789abcdef01234567',
      'submit-spark-request': expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    expect((await staged()).map((name) => name.split('/').at(-1)).sort()).toEqual(['good.py', 'greeting.zip'])
    expect(first.summary).toContain('SUCCEEDED')
  }, 120_000)

  it('lets no line of the driver become a command of the runner', () => {
    expect(first.log).toMatch(/│ ::error::not a command/)
    expect(first.log).not.toContain('##[error]')
    expect(first.annotations.map(({ message }) => message).join()).not.toContain('not a command')
  })

  it('shows no token or key that the driver printed', () => {
    expect(first.log).toContain('│ [token]')
    expect(first.log + first.summary).not.toContain('canary')
  })

  it('finds the same batch again when the same step runs again, and stages nothing twice', async () => {
    const before = await staged()
    const again = await submit({ args: '--raw\ngs://x/a b', labels: 'Team=Data & Insights' })
    expect([again.exitCode, again.outputs['batch-id']]).toEqual([0, first.outputs['batch-id']])
    expect(await staged()).toEqual(before)
    expect(again.log).not.toContain('staged ')
  }, 120_000)

  it('asks for the same batch on another attempt, for another one in another step', async () => {
    const id = async (env: Record<string, string>) =>
      JSON.stringify((await submit({ 'dry-run': 'true' }, { env })).outputs['batch-id'])
    const first = await id({})
    expect(await id({ GITHUB_RUN_ATTEMPT: '2' })).toBe(first)
    expect(await id({ GITHUB_ACTION: 'other' })).not.toBe(first)
  }, 120_000)

  it('prints the request and uploads nothing in a dry run', async () => {
    await write({ 'jobs/new.py': 'print(1)\n' })
    const result = await submit({
      main: 'jobs/new.py',
      'dry-run': 'true',
      ttl: '90m',
      properties: 'spark.executor.instances=2',
    })
    expect(result.exitCode).toBe(0)
    expect(result.log).toContain('"ttl": "5400s"')
    expect(result.log).toContain('"spark.executor.instances": "2"')
    expect((await staged()).some((name) => name.endsWith('new.py'))).toBe(false)
    expect(result.outputs.state).toBe('')
  })

  it('only stages when asked to: no account, no batch, and a later run finds the files there', async () => {
    // More than the storage library sends in one part, at another endpoint.
    await write({ 'jobs/later.py': 'print("later")\n', 'jobs/large.bin': 'x'.repeat(9_000_000) })
    const batches = async () =>
      (
        (await (
          await cloud.fetchAs('ops', '/v1/projects/caec-local/locations/us-central1/batches')
        ).json()) as { batches?: unknown[] }
      ).batches?.length ?? 0
    const stageOnly = {
      ...{ main: 'jobs/later.py', files: 'jobs/large.bin' },
      ...{ 'stage-only': 'true', 'service-account': '' },
    }
    const before = await batches()
    const planned = await submit({ ...stageOnly, 'dry-run': 'true' })
    expect([planned.exitCode, errorOf(planned)]).toEqual([0, ''])
    expect(planned.log).toContain('"reason": "not in the staging bucket yet"')
    expect((await staged()).some((name) => name.endsWith('later.py'))).toBe(false)
    const shown = await runBundle('comment-plan', {
      with: {
        plans: JSON.stringify({ spark: planned.outputs.plan }),
        'dry-run': 'true',
        'pull-request': '7',
      },
    })
    // The third file may be there from a test before.
    expect(shown.summary).toMatch(/<td>spark<\/td><td>submit-spark<\/td>.*stage (3|2, keep 1)</)
    expect(shown.summary).toContain('large.bin (not in the staging bucket yet)')
    const result = await submit(stageOnly)
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    const names = await staged()
    const uri = (file: string) => `gs://${STAGING}/${names.find((name) => name.endsWith(`/${file}`))}`
    expect(result.outputs).toMatchObject({
      'main-uri': uri('later.py'),
      'py-file-uris': uri('greeting.zip'),
      'batch-id': '',
      state: '',
    })
    expect(result.outputs['main-uri']).toMatch(
      /^gs:\/\/caec-local-staging\/submit-spark\/[0-9a-f]{64}\/later\.py$/,
    )
    expect(planned.outputs).toMatchObject({
      'main-uri': result.outputs['main-uri'],
      'py-file-uris': result.outputs['py-file-uris'],
    })
    expect(result.summary).toContain('nothing was submitted')
    expect(await batches()).toBe(before)
    const run = await submit({ main: 'jobs/later.py', 'dry-run': 'true' })
    expect(run.log).toContain(`"mainPythonFileUri": "${result.outputs['main-uri']}"`)
    expect(run.summary).not.toContain('not in the staging bucket yet')
  })

  it("fails with the job's own last lines and points at its line", async () => {
    const result = await submit({ main: 'jobs/bad.py' })
    expect([result.exitCode, result.outputs.state]).toEqual([1, 'FAILED'])
    expect(errorOf(result)).toMatch(/Running batch bad-[0-9a-f]{16}: it failed/)
    expect(errorOf(result)).toContain('https://console.cloud.google.com/dataproc/batches/us-central1/')
    expect(result.annotations).toContainEqual(
      expect.objectContaining({
        kind: 'error',
        properties: expect.stringContaining('file=greeting/words.py,line=6'),
        message: expect.stringContaining('ValueError: no such word'),
      }),
    )
    expect(result.summary).toContain('ValueError')
  }, 120_000)

  it('cancels the batch when the run is cancelled', async () => {
    let id = ''
    const result = await submit(
      { main: 'jobs/slow.py' },
      {
        onStart: (child, output) => {
          const timer = setInterval(() => {
            id ||= /Batch (slow-[0-9a-f]{16})/.exec(output())?.[1] ?? ''
            if (!output().includes('│ started')) return
            clearInterval(timer)
            child.kill('SIGINT')
          }, 50)
          child.once('exit', () => clearInterval(timer))
        },
      },
    )
    expect(result.exitCode).toBe(130)
    expect(result.log).toContain(`Asked Google to cancel batch ${id}`)
    expect(errorOf(result).split('\n')).toEqual([
      `submit-spark: Running batch ${id}: the run was cancelled; Google was asked to cancel the batch.`,
      `Log: https://console.cloud.google.com/dataproc/batches/us-central1/${id}/monitoring?project=caec-local`,
      expect.stringMatching(/^More: \S+#cancelled$/),
    ])
    expect(['CANCELLING', 'CANCELLED']).toContain((await batchOf(id)).state)
  }, 120_000)

  it('cancels in the post step what the main step could not', async () => {
    const killed = await submit(
      { main: 'jobs/slow.py', args: 'killed' },
      {
        onStart: (child, output) => {
          const timer = setInterval(() => {
            if (!output().includes('│ started')) return
            clearInterval(timer)
            child.kill('SIGKILL')
          }, 50)
          child.once('exit', () => clearInterval(timer))
        },
      },
    )
    expect(killed.signal).toBe('SIGKILL')
    expect((await batchOf(killed.state.batchId!)).state).toBe('RUNNING')
    const post = await submit({}, { entry: 'post', state: killed.state })
    expect([post.exitCode, post.log]).toEqual([
      0,
      expect.stringContaining(`Asked Google to cancel batch ${killed.state.batchId}`),
    ])
    expect(['CANCELLING', 'CANCELLED']).toContain((await batchOf(killed.state.batchId!)).state)
    const again = await submit({}, { entry: 'post', state: killed.state })
    expect(again.exitCode).toBe(0)
  }, 120_000)

  it('never runs what somebody else put in the place of a file', async () => {
    const text = 'print("reviewed")\n'
    await write({ 'jobs/reviewed.py': text })
    const name = `submit-spark/${createHash('sha256').update(text).digest('hex')}/reviewed.py`
    const planted = await cloud.fetchAs(
      'ci-deploy',
      `/upload/storage/v1/b/${STAGING}/o?uploadType=media&name=${encodeURIComponent(name)}`,
      {
        method: 'POST',
        body: 'print("not reviewed")\n',
      },
    )
    expect(planted.status).toBe(200)
    const result = await submit({ main: 'jobs/reviewed.py', 'py-files': '' })
    expect([result.exitCode, result.outputs['batch-id']]).toEqual([1, undefined])
    expect(errorOf(result)).toMatch(
      /Staging jobs\/reviewed\.py: gs:\/\/.* holds other bytes than its name says/,
    )
  })
})

describe('submit-spark refuses', () => {
  it.each([
    ['a main file that is not there', { main: 'jobs/none.py' }, 'does not exist'],
    ['a kind of file Spark does not run', { main: 'jobs/run.sh' }, 'a .py, .jar, .R or .sql file'],
    ['a batch id Google would refuse', { 'batch-id': 'Not_OK' }, 'batch-id'],
    ['a ttl Google would refuse', { ttl: '5m' }, 'from 10m to 14d'],
    [
      'two files of one name',
      { 'py-files': 'greeting\ngs://x/greeting.zip' },
      'two entries end in greeting.zip',
    ],
    ['Python files for SQL', { main: 'gs://x/q.sql' }, 'takes no py-files'],
    ['a batch without an account', { 'service-account': '' }, 'service-account: it is required'],
    ['a label key without a letter', { labels: '1=x' }, 'labels'],
  ])('%s', async (_name, inputs, words) => {
    const result = await submit(inputs)
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
  })

  it('a batch id that another request has used', async () => {
    await submit({ main: 'gs://caec-local-staging/none/missing.py', 'py-files': '', 'batch-id': 'taken' })
    const result = await submit({ 'batch-id': 'taken' })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('already used by another request'),
    ])
  }, 120_000)

  it('an account it may not act as', async () => {
    const result = await submit({ 'service-account': 'caec-ops@caec-local.iam.gserviceaccount.com' })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(/403[\s\S]*actAs[\s\S]*roles\/iam\.serviceAccountUser/),
    ])
  })
})
