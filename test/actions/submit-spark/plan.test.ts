import { describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describePlan } from '../../../actions/_shared/plan.ts'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { labels, labelText } from '../../../actions/submit-spark/src/batch-request.ts'
import { followOutput } from '../../../actions/submit-spark/src/driver-output.ts'
import { parseInputs } from '../../../actions/submit-spark/src/inputs.ts'
import { readSource } from '../../../actions/submit-spark/src/local-sources.ts'
import { planBatch } from '../../../actions/submit-spark/src/plan.ts'
import { costUsd } from '../../../actions/submit-spark/src/prices.ts'
import { watchForSigns } from '../../../actions/submit-spark/src/failure-signs.ts'
import { annotationsOf, report } from '../../../actions/submit-spark/src/report.ts'
import type { Batch } from '../../../actions/_shared/batch.ts'
import type { ObjectStorage } from '../../../actions/_shared/google/storage.ts'

const given: Record<string, string> = {
  main: 'jobs/Clean_Up.py',
  region: 'us-central1',
  'service-account': 'spark@p-12345.iam.gserviceaccount.com',
  'staging-bucket': 'staging',
}
const inputs = (changes: Record<string, string> = {}) =>
  parseInputs(createInputs((name) => ({ ...given, ...changes })[name] ?? ''))
const run = {
  repository: 'octo/clicks',
  repositoryId: '77',
  runId: '1',
  job: 'spark',
  stepId: 'clean',
  sha: 'abc',
}
const source = (
  name: string,
  isThere = false,
): { given: string; object: string; isThere: boolean; alias?: string } => ({
  given: name,
  object: `submit-spark/hash/${name.split('/').at(-1)}`,
  isThere,
})
type Earlier = Parameters<typeof planBatch>[1]['earlier']
const plan = (
  changes: Record<string, string> = {},
  other: Partial<typeof run> = {},
  isThere = false,
  earlier: Earlier = [],
) =>
  planBatch(inputs(changes), {
    projectId: 'p',
    earlier,
    sources: new Map([['jobs/Clean_Up.py', source('jobs/Clean_Up.py', isThere)]]),
    run: { ...run, ...other },
  })

describe('planBatch', () => {
  it('puts out no value of a secret’s name, and still agrees to the true one', () => {
    const of = (value: string) =>
      plan({ properties: `spark.x.password=${value}`, args: `--api-key\n${value}\n--day\n2026-01-02` })
    const document = describePlan('submit-spark', of('hunter2'))
    expect(JSON.stringify(document)).not.toContain('hunter2')
    expect(document.steps.at(-1)!.after).toContain('2026-01-02')
    expect(JSON.stringify(of('hunter2').submit!.request)).toContain('hunter2')
    expect(document.digest).not.toBe(describePlan('submit-spark', of('other')).digest)
  })
  it('asks for exactly this batch', () => {
    expect(
      plan({ args: '--lake\ngs://x', ttl: '4h', 'network-tags': 'a,b', properties: 'spark.x=1' }).submit!
        .request,
    ).toEqual({
      pysparkBatch: {
        mainPythonFileUri: 'gs://staging/submit-spark/hash/Clean_Up.py',
        args: ['--lake', 'gs://x'],
      },
      labels: {
        'github-repository': 'octo-clicks',
        'github-run-id': '1',
        'github-sha': 'abc',
        'submit-spark-request': expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      runtimeConfig: { version: '2.3', properties: { 'spark.x': '1' } },
      environmentConfig: {
        executionConfig: {
          serviceAccount: 'spark@p-12345.iam.gserviceaccount.com',
          stagingBucket: 'staging',
          authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
          ttl: '14400s',
          networkTags: ['a', 'b'],
        },
      },
    })
  })
  it('makes ids Google accepts, equal for equal wishes', () => {
    const { batchId, requestId } = plan().submit!
    expect(batchId).toMatch(/^clean-up-[0-9a-f]{16}$/)
    expect(requestId).toMatch(/^[0-9a-f]{32}$/)
    expect(plan().submit!).toEqual(plan().submit!)
  })
  it.each([
    ['repository', {}, { repositoryId: '78' }],
    ['run', {}, { runId: '2' }],
    ['job', {}, { job: 'x' }],
    ['step', {}, { stepId: 'x' }],
    ['matrix leg', { matrix: '{"a":1}' }, {}],
    ['argument', { args: 'x' }, {}],
  ])('makes another request id for another %s', (_name, changes, other) =>
    expect(plan(changes as Record<string, string>, other).submit!.requestId).not.toBe(
      plan().submit!.requestId,
    ),
  )
  const first = plan().submit!
  const at = (state: string, ids: { batchId: string; requestId: string } = first, isOurs = true) => ({
    batchId: ids.batchId,
    requestId: ids.requestId,
    state,
    isOurs,
  })
  it.each(['PENDING', 'RUNNING', 'CANCELLING', 'SUCCEEDED'])(
    'attaches to the batch of the same request that is %s, and stages nothing',
    (state) =>
      expect(plan({}, {}, false, [at(state)])).toMatchObject({
        steps: [{ kind: 'attach', target: first.batchId, reason: expect.stringContaining(state) }],
        submit: { batchId: first.batchId, requestId: first.requestId },
      }),
  )
  it.each(['FAILED', 'CANCELLED'])('counts on after a batch that ended %s', (state) => {
    const second = plan({}, {}, true, [at(state)]).submit!
    expect([second.kind, second.reason]).toEqual(['submit', expect.stringContaining(state)])
    expect([second.batchId, second.requestId]).not.toEqual([first.batchId, first.requestId])
    const given = plan({ 'batch-id': 'nightly' }, {}, true, [
      at(state, { batchId: 'nightly', requestId: 'x' }),
    ]).submit!
    expect([given.kind, given.batchId]).toEqual(['submit', 'nightly-2'])
  })
  it('refuses an id that holds a batch of somebody else, whatever its state', () => {
    for (const state of ['RUNNING', 'SUCCEEDED', 'FAILED'])
      expect(() => plan({ 'batch-id': 'nightly' }, {}, true, [at(state, first, false)])).toThrow(
        expect.objectContaining({ code: 'REFUSED', problem: 'batch-id-used' }),
      )
  })
  it('stages only what is not there', () => {
    expect(plan().steps.map(({ kind }) => kind)).toEqual(['stage', 'submit'])
    expect(plan({}, {}, true).steps.map(({ kind }) => kind)).toEqual(['submit'])
  })
  it.each([
    ['gs://b0b/a.jar', 'sparkBatch'],
    ['gs://b0b/a.R', 'sparkRBatch'],
    ['gs://b0b/a.sql', 'sparkSqlBatch'],
  ])('runs %s as %s', (main, kind) => expect(plan({ main }).submit!.request).toHaveProperty(kind))
  it('names where the files are, staged or remote', () => {
    const world = {
      projectId: 'p',
      sources: new Map([
        ['jobs/Clean_Up.py', source('jobs/Clean_Up.py', true)],
        ['lib', source('lib.zip')],
      ]),
      run,
      earlier: [],
    }
    expect(planBatch(inputs({ 'py-files': 'gs://b0b/other.zip\nlib' }), world)).toMatchObject({
      mainUri: 'gs://staging/submit-spark/hash/Clean_Up.py',
      pyFileUris: ['gs://b0b/other.zip', 'gs://staging/submit-spark/hash/lib.zip'],
      staged: 1,
    })
  })
})

it('an archive keeps the name of the folder it is unpacked into', () => {
  const archives = new Map([
    ['jobs/Clean_Up.py', source('jobs/Clean_Up.py', true)],
    ['env.tar.gz#environment', { ...source('env.tar.gz'), alias: 'environment' }],
  ])
  const { steps, submit } = planBatch(inputs({ archives: 'env.tar.gz#environment' }), {
    projectId: 'p',
    sources: archives,
    run,
    earlier: [],
  })
  expect(submit!.request).toMatchObject({
    pysparkBatch: { archiveUris: ['gs://staging/submit-spark/hash/env.tar.gz#environment'] },
  })
  expect(steps[0]).toMatchObject({ kind: 'stage', target: 'gs://staging/submit-spark/hash/env.tar.gz' })
})

describe('planBatch with stage-only', () => {
  const stageOnly = { 'stage-only': 'true', 'service-account': '' }
  it('stages what a run would stage, and submits nothing', () => {
    expect(plan(stageOnly)).toMatchObject({
      target: { project: 'p', region: 'us-central1', bucket: 'staging' },
      owner: 'octo/clicks',
      steps: plan().steps.slice(0, 1),
      submit: undefined,
      staged: 0,
      mainUri: plan().mainUri,
      pyFileUris: [],
    })
    expect(plan(stageOnly, {}, true)).toMatchObject({ steps: [], submit: undefined, staged: 1 })
  })
  it('refuses files that could not run together, as a run would', () => {
    expect(() => plan({ ...stageOnly, main: 'gs://b0b/q.sql', 'py-files': 'gs://b0b/x.zip' })).toThrow(
      'takes no py-files',
    )
    expect(() => plan({ ...stageOnly, 'py-files': 'gs://b0b/x.zip\ngs://c/x.zip' })).toThrow(
      'two entries end in x.zip',
    )
  })
  it('does without a service account, which a batch must have', () => {
    expect(() => inputs({ 'service-account': '' })).toThrow(
      expect.objectContaining({
        code: 'INPUT',
        input: 'service-account',
        hint: expect.stringContaining('stage-only: true'),
      }),
    )
    expect(() => inputs({ ...stageOnly, 'service-account': 'me' })).toThrow(
      'the e-mail address of a service account',
    )
  })
})

describe('labels', () => {
  it.each([
    ['refs/heads/Feature #1', 'refs-heads-feature-1'],
    ['Octo/Clicks', 'octo-clicks'],
    ['x'.repeat(80), 'x'.repeat(63)],
    ['--', ''],
  ])('brings %j into the form %j', (text, expected) => expect(labelText(text)).toBe(expected))
  it("lets the author's win and refuses more than 32", () => {
    expect(labels({ 'github-sha': 'mine' }, { 'github-sha': 'abc' })).toEqual({ 'github-sha': 'mine' })
    expect(() =>
      labels(Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`k${index}`, 'v'])), {}),
    ).toThrow('Google takes 32')
  })
  it("refuses two of the author's that would become one", () => {
    expect(() => labels({ Team: 'a', team: 'b' }, {})).toThrow('Team and team become one label, team')
    expect(() => labels({ 'a.b': '1', 'a b': '2' }, {})).toThrow('become one label, a-b')
  })
})

describe('sources', () => {
  it('zip a folder to the same bytes whenever its content is the same, without caches and links', async () => {
    const workspace = await mkdtemp(join(tmpdir(), 'sources '))
    try {
      for (const folder of ['one/tables', 'two/tables']) {
        await mkdir(join(workspace, folder, '__pycache__'), { recursive: true })
        await writeFile(join(workspace, folder, '__init__.py'), '')
        await writeFile(join(workspace, folder, 'a.py'), 'A = 1\n')
        await writeFile(join(workspace, folder, '__pycache__/a.pyc'), folder)
      }
      await utimes(join(workspace, 'two/tables/a.py'), new Date(0), new Date(0))
      const [one, two] = [
        await readSource(workspace, 'one/tables', 'py-files'),
        await readSource(workspace, 'two/tables', 'py-files'),
      ]
      expect([one.fileName, one.sha256]).toEqual(['tables.zip', two.sha256])
      expect(one.tracebackPaths).toEqual({
        'tables/__init__.py': 'one/tables/__init__.py',
        'tables/a.py': 'one/tables/a.py',
      })
      await writeFile(join(workspace, 'two/tables/a.py'), 'A = 2\n')
      expect((await readSource(workspace, 'two/tables', 'py-files')).sha256).not.toBe(one.sha256)
      await symlink('/etc/passwd', join(workspace, 'two/tables/link.py'))
      await expect(readSource(workspace, 'two/tables', 'py-files')).rejects.toMatchObject({
        code: 'INPUT',
        message: expect.stringContaining('symbolic link'),
      })
      await expect(readSource(workspace, 'one/tables', 'files')).rejects.toMatchObject({
        code: 'INPUT',
        input: 'files',
      })
      await writeFile(join(workspace, 'gha-creds-1.json'), '{}')
      await expect(readSource(workspace, 'gha-creds-1.json', 'files')).rejects.toMatchObject({
        message: expect.stringContaining('never uploaded'),
      })
    } finally {
      await rm(workspace, { recursive: true })
    }
  })
})

describe('the signs of a failure', () => {
  it('of two Java failures are those of the last, with its first cause', () => {
    const watcher = watchForSigns()
    for (const line of [
      ': java.io.IOException: handled by the job',
      'Caused by: java.net.SocketException: reset',
      '\tat a.B.c(B.java:1)',
      ': org.apache.spark.SparkException: Job aborted',
      'Caused by: java.io.IOException: 403 Forbidden',
      '\tat a.D.e(D.java:2)',
      'Caused by: java.lang.Error: deeper',
    ])
      watcher.see(line)
    expect(watcher.signs).toEqual({
      tracebacks: [],
      java: 'org.apache.spark.SparkException: Job aborted',
      causedBy: 'java.io.IOException: 403 Forbidden',
    })
  })
})

describe('driver output', () => {
  it('hands on whole lines once, across chunks, growth and cut characters', async () => {
    const chunks = new Map<string, Buffer>()
    const storage = {
      list: async () =>
        [...chunks].map(([name, data]) => ({
          name,
          sizeBytes: data.length,
          generation: String(data.length),
          metageneration: '1',
          crc32c: '',
          metadata: {},
        })),
      read: async (_bucket: string, name: string, range: { startByte?: number }) =>
        chunks.get(name)!.subarray(range.startByte ?? 0),
    } as unknown as ObjectStorage
    const lines: string[] = []
    const output = followOutput(storage, (line) => lines.push(line))
    const text = Buffer.from('one\ntwö\nthree')
    chunks.set('d/driveroutput.000000000', text.subarray(0, 7))
    await output.drain('gs://bucket/d/driveroutput')
    expect(lines).toEqual(['one'])
    chunks.set('d/driveroutput.000000000', text.subarray(0, 9))
    chunks.set('d/driveroutput.control', Buffer.from('no'))
    await output.drain('gs://bucket/d/driveroutput')
    chunks.set('d/driveroutput.000000001', text.subarray(9))
    await output.drain('gs://bucket/d/driveroutput')
    await output.drain('gs://bucket/d/driveroutput')
    expect(lines).toEqual(['one', 'twö'])
    output.flush()
    expect([lines, output.tail]).toEqual([
      ['one', 'twö', 'three'],
      ['one', 'twö', 'three'],
    ])
  })
})

it('a reading that hung until another was begun prints nothing a second time', async () => {
  const chunks = new Map([['d/driveroutput.000000000', Buffer.from('one\n')]])
  const hung = Promise.withResolvers<Buffer>()
  let reads = 0
  const storage = {
    list: async () =>
      [...chunks].map(([name, data]) => ({ name, sizeBytes: data.length, generation: String(data.length) })),
    read: (_bucket: string, name: string, range: { startByte?: number }) => {
      reads += 1
      return reads === 1 ? hung.promise : Promise.resolve(chunks.get(name)!.subarray(range.startByte ?? 0))
    },
  } as unknown as ObjectStorage
  const lines: string[] = []
  const output = followOutput(storage, (line) => lines.push(line))
  const first = output.drain('gs://bucket/d/driveroutput')
  await output.drain('gs://bucket/d/driveroutput')
  chunks.set('d/driveroutput.000000000', Buffer.from('one\ntwo\n'))
  hung.resolve(Buffer.from('one\n'))
  expect(await first).toBe(0)
  await output.drain('gs://bucket/d/driveroutput')
  expect(lines).toEqual(['one', 'two'])
})

const batchIn = (state: Batch['state'], stateMessage = ''): Batch => ({
  ...{ name: 'projects/p/locations/r/batches/b', state, stateMessage },
  ...{ history: [], labels: {}, operation: 'o' },
})
function reported(outcome: Partial<Parameters<typeof report>[1]>) {
  const ids = { batchId: 'b', requestId: 'r' }
  const submit = { kind: 'submit', target: 'b', reason: 'asked for', ...ids, request: {} } as const
  return report(
    {
      ...{ target: { project: 'p' }, owner: '', steps: [submit], submit, staged: 0 },
      ...{ mainUri: 'gs://b/m.py', pyFileUris: [] },
    },
    { isApplied: true, done: [], ...outcome },
    {
      ...{ isDryRun: false, region: 'r', maxCostUsd: 5, timeoutMs: 600_000 },
      prices: { dcuHour: 0, shuffleGbHour: 0, source: '' },
    },
    [],
    { projectId: 'p', sources: new Map([['m.py', { tracebackPaths: { 'm.py': 'jobs/m.py' } }]]), notes: [] },
  )
}

describe('the report', () => {
  it("computes cost from usage as Google's price list does", () => {
    expect(
      costUsd(
        { milliDcuSeconds: 3_600_000, shuffleGbSeconds: 3600 },
        { dcuHour: 0.06, shuffleGbHour: 0.000054795 },
      ),
    ).toBeCloseTo(0.060054795, 12)
  })
  it.each([
    [
      'by its ttl',
      'Batch b is CANCELLED as ttl exceeded (600s).',
      undefined,
      'it was cancelled because its ttl was exceeded',
      'Raise the input ttl.',
    ],
    [
      'by timeout-minutes',
      '',
      'timeout' as const,
      'it did not end within 10 minutes and was cancelled (timeout-minutes)',
      undefined,
    ],
    [
      'by max-cost-usd',
      '',
      'cost' as const,
      'it had used more than $5 and was cancelled (max-cost-usd)',
      undefined,
    ],
    ['by a person', 'Cancelled by user.', undefined, 'somebody cancelled it', undefined],
  ])('says when a batch was cancelled %s', (_, stateMessage, stopped, why, hint) => {
    const { failure } = reported({
      watched: { batch: batchIn('CANCELLED', stateMessage), tail: [], signs: { tracebacks: [] }, stopped },
    })
    expect(failure).toMatchObject({
      code: 'WORK_FAILED',
      message: expect.stringContaining(`Running batch b: ${why}.`),
      hint,
    })
  })
  it.each<[Batch['state'], string | undefined]>([
    ['FAILED', 'Running batch b: it failed: no such table'],
    ['CANCELLED', 'Running batch b: somebody cancelled it.'],
    ['SUCCEEDED', undefined],
    ['RUNNING', undefined],
  ])('of a batch that nobody waited for and that is %s', (state, message) => {
    const { failure } = reported({ submitted: batchIn(state, 'no such table') })
    if (message === undefined) expect(failure).toBeUndefined()
    else expect(failure).toMatchObject({ code: 'WORK_FAILED', message: expect.stringContaining(message) })
  })
  it('keeps the traceback that a hundred later lines have pushed out of the tail', () => {
    const traceback = [
      'Traceback (most recent call last):',
      '  File "/tmp/srvls/m.py", line 9, in <module>',
      'ValueError: bad',
    ]
    const watcher = watchForSigns()
    const later = Array.from({ length: 100 }, (_, at) => `INFO stopping ${at}`)
    for (const line of [...traceback, ...later]) watcher.see(line)
    const { failure } = reported({
      watched: { batch: batchIn('FAILED', 'see the log'), tail: later.slice(-60), signs: watcher.signs },
    })
    expect(failure).toMatchObject({
      lastLines: [...traceback, '…', ...later.slice(-60)],
      annotations: [{ file: 'jobs/m.py', line: 9, message: 'ValueError: bad' }],
    })
  })
  it("points at the innermost line of the author's files", () => {
    const lines = [
      'Traceback (most recent call last):',
      '  File "/tmp/srvls/clean.py", line 9, in <module>',
      '  File "/tmp/x/tables.zip/tables/a.py", line 4, in f',
      '  File "/usr/lib/python3/json.py", line 1, in g',
      'ValueError: bad',
    ]
    expect(
      annotationsOf(lines, { 'clean.py': 'spark/jobs/clean.py', 'tables/a.py': 'spark/tables/a.py' }),
    ).toEqual([
      {
        kind: 'error',
        file: 'spark/tables/a.py',
        line: 4,
        title: 'The Spark job failed here',
        message: 'ValueError: bad',
      },
    ])
    expect(annotationsOf(['fine'], { 'clean.py': 'x' })).toEqual([])
  })
})
