/**
 * The deploy-dags bundle against the local cloud's storage and environment, signed in through the auth
 * bundle.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn } from '../support/signed-in-job.ts'
import { BUCKET, isUpload, openDagsJob, type DagsJob } from './deploy-dags-job.ts'

const DAG = (id: string) => `from airflow.sdk import DAG\nimport lib.steps\nwith DAG('${id}'):\n    pass\n`
let cloud: TestCloud
let job: DagsJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => job.empty())

describe('deploy-dags', () => {
  it('uploads what is new with the right bytes, and nothing again the second time', async () => {
    await job.write({ 'daily.py': DAG('daily'), 'lib/steps.py': 'X = 1\n', 'lib/__init__.py': '' })
    const first = await job.deploy()
    expect([first.exitCode, errorOf(first)]).toEqual([0, ''])
    expect(first.outputs).toMatchObject({ bucket: BUCKET, uploaded: '3', deleted: '0', unchanged: '0' })
    expect(await job.names()).toEqual(['dags/daily.py', 'dags/lib/__init__.py', 'dags/lib/steps.py'])
    expect(await job.contentOf('dags/daily.py')).toBe(DAG('daily'))
    expect((await job.objects())[0]?.metadata).toEqual({
      'clickstream-owner': 'octo/clicks',
      'clickstream-commit': '0123456789abcdef0123456789abcdef01234567',
      'clickstream-file': 'dags/daily.py',
    })
    const generations = (await job.objects()).map(({ generation }) => generation)
    const second = await job.deploy({}, { GOOGLE_SDK_NODE_LOGGING: '*', RUNNER_DEBUG: '1' })
    expect(second.outputs).toMatchObject({ uploaded: '0', deleted: '0', unchanged: '3' })
    // What Google's libraries print when they are asked to passes the same door.
    expect(second.log.replace(/^::add-mask::.*$/gm, '')).not.toMatch(/ya29\.|eyJ/)
    expect((await job.objects()).map(({ generation }) => generation)).toEqual(generations)
  })

  it('uploads modules before the DAG files that may import them', async () => {
    await job.write({ 'a_daily.py': DAG('daily'), 'lib/steps.py': 'X = 1\n' })
    const { outputs } = await job.deploy({ 'dry-run': 'true' })
    expect(
      JSON.parse(outputs.plan!).steps.map(({ target, reason }: { target: string; reason: string }) => [
        target,
        reason,
      ]),
    ).toEqual([
      ['dags/lib/steps.py', 'new'],
      ['dags/a_daily.py', 'new'],
    ])
    expect(await job.names()).toEqual([])
  })

  it('deletes only what the same owner deployed and no longer has', async () => {
    await job.put('dags/airflow_monitoring.py', "# Composer's own")
    await job.write({ 'one.py': 'A = 1\n', 'two.py': 'B = 2\n' })
    await job.deploy()
    await job.write({ 'theirs.py': 'C = 3\n' })
    await job
      .deploy({ owner: 'octo/other', source: 'dags', delete: 'none' })
      .then((result) => expect(errorOf(result)).toContain('another owner'))
    await rm(join(job.workspace, 'dags/two.py'))
    const result = await job.deploy()
    expect(result.outputs).toMatchObject({ uploaded: '1', deleted: '1', unchanged: '1' })
    expect(await job.names()).toEqual(['dags/airflow_monitoring.py', 'dags/one.py', 'dags/theirs.py'])
  })

  it('deletes nothing with delete: none', async () => {
    await job.write({ 'one.py': 'A = 1\n', 'two.py': 'B = 2\n' })
    await job.deploy()
    await rm(join(job.workspace, 'dags/two.py'))
    expect((await job.deploy({ delete: 'none' })).outputs.deleted).toBe('0')
    expect(await job.names()).toContain('dags/two.py')
  })

  it('records an unrecorded file of equal content and refuses to replace one of other content until told', async () => {
    await job.put('dags/same.py', 'A = 1\n')
    await job.put('dags/other.py', 'B = 1\n')
    await job.write({ 'same.py': 'A = 1\n', 'other.py': 'B = 2\n' })
    const refused = await job.deploy()
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(/dags\/other\.py[\s\S]*adopt: true/),
    ])
    expect(await job.contentOf('dags/other.py')).toBe('B = 1\n')
    const adopted = await job.deploy({ adopt: 'true' })
    expect([adopted.exitCode, adopted.outputs.uploaded]).toEqual([0, '1'])
    expect((await job.objects()).map(({ metadata }) => metadata?.['clickstream-owner'])).toEqual([
      'octo/clicks',
      'octo/clicks',
    ])
  })

  it('never uploads credentials, caches, version control or what the ignore file names', async () => {
    await job.write({
      'daily.py': DAG('daily'),
      'gha-creds-0123456789abcdef.json': '{}',
      'deep/gha-creds-0123456789abcdef.json': '{}',
      '__pycache__/daily.cpython-311.pyc': 'x',
      '.git/config': 'x',
      'tests/test_daily.py': 'x',
      'notes.md': 'x',
      '.gcloudignore': '#!include:.gitignore\ntests/\n',
      '.gitignore': 'notes.md\n',
      'my-key.json': 'x',
    })
    const result = await job.deploy({}, { GOOGLE_GHA_CREDS_PATH: join(job.workspace, 'dags/my-key.json') })
    expect(errorOf(result)).toBe('')
    expect(await job.names()).toEqual(['dags/.gitignore', 'dags/daily.py'])
  })

  it('does exactly the reviewed plan, and nothing when the plan has changed since', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    const digest = (await job.deploy({ 'dry-run': 'true' })).outputs['plan-digest']!
    await job.write({ 'one.py': 'A = 2\n' })
    const refused = await job.deploy({ 'expected-plan': digest })
    expect([refused.exitCode, errorOf(refused)]).toEqual([1, expect.stringContaining('expected-plan')])
    expect(await job.names()).toEqual([])
    await job.write({ 'one.py': 'A = 1\n' })
    expect((await job.deploy({ 'expected-plan': digest })).exitCode).toBe(0)
  })

  it('refuses at another owner what was reviewed for one', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    const digest = (await job.deploy({ 'dry-run': 'true', owner: 'team/one' })).outputs['plan-digest']!
    const refused = await job.deploy({ 'expected-plan': digest, owner: 'team/two' })
    expect([refused.exitCode, errorOf(refused)]).toEqual([1, expect.stringContaining('expected-plan')])
    expect(await job.names()).toEqual([])
    expect((await job.deploy({ 'expected-plan': digest, owner: 'team/one' })).exitCode).toBe(0)
  })

  it('shows hostile file names as text', async () => {
    await job.write({ '<img src=x onerror=alert(1)>.txt': 'x', '::error::|[x](http:evil).txt': 'x' })
    const result = await job.deploy()
    expect(errorOf(result)).toBe('')
    expect(result.summary).not.toContain('<img')
    expect(result.summary).not.toContain('[x](')
  })
})

describe('deploy-dags, when the run is cancelled', () => {
  it('finishes what it is writing, begins nothing more, and says so', async () => {
    await job.write({ 'a_daily.py': DAG('daily'), 'lib/steps.py': 'X = 1\n' })
    let stop = async (): Promise<void> => undefined
    const cancelling = await openProxy(cloud.origin, async (request) => {
      // The upload goes on only when the step has heard of the cancellation.
      if (isUpload(request)) await stop()
      return false
    })
    const result = await runBundle('deploy-dags', {
      job,
      env: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: cancelling.origin },
      with: { environment: 'caec', location: 'us-central1', 'check-imports': 'false' },
      onStart: (child, output) => {
        stop = () =>
          new Promise((resolve) => {
            child.stdout?.on('data', () => {
              if (output().includes('Received SIGINT')) resolve()
            })
            child.kill('SIGINT')
          })
      },
    })
    cancelling.close()
    expect([result.exitCode, errorOf(result)]).toEqual([
      130,
      expect.stringMatching(
        /^deploy-dags: Applying the plan: the run was cancelled; 1 of 2 steps are done; run again for the rest, what is done stays\.\nMore: \S+#cancelled$/,
      ),
    ])
    expect(await job.names()).toEqual(['dags/lib/steps.py'])
    expect(result.outputs.uploaded).toBe('1')
  })
})

describe('deploy-dags, when somebody else writes at the same time', () => {
  it('overwrites nothing, deletes nothing afterwards, and converges when run again', async () => {
    await job.write({ 'one.py': 'A = 1\n', 'gone.py': 'B = 1\n' })
    await job.deploy()
    await job.write({ 'one.py': 'A = 2\n' })
    await rm(join(job.workspace, 'dags/gone.py'))
    let hasMoved = false
    const racing = await openProxy(cloud.origin, async (request) => {
      if (isUpload(request) && !hasMoved) {
        hasMoved = true
        await job.put('dags/one.py', 'A = "theirs"\n')
      }
      return false
    })
    const result = await job.deploy({}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: racing.origin })
    racing.close()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(
        /Deploying dags\/one\.py \(upload\): somebody changed it[\s\S]*concurrency group/,
      ),
    ])
    expect(await job.contentOf('dags/one.py')).toBe('A = "theirs"\n')
    expect(await job.names()).toContain('dags/gone.py')
    expect(result.outputs).toMatchObject({ uploaded: '0', deleted: '0' })
    expect(result.summary).toContain('not reached')
    expect(errorOf(await job.deploy())).toContain('adopt: true')
    expect((await job.deploy({ adopt: 'true' })).outputs).toMatchObject({ uploaded: '1', deleted: '1' })
  })
})

describe('deploy-dags refuses', () => {
  it('symbolic links, by name', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    await symlink('/etc/passwd', join(job.workspace, 'dags/leak.txt'))
    const result = await job.deploy()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('leak.txt is a symbolic link'),
    ])
    expect(await job.names()).toEqual([])
  })

  it.each(['dags', '../../../../../../etc', '/etc'])('a source outside the workspace: %s', async (source) => {
    await symlink('/etc', join(job.workspace, 'dags'))
    const result = await job.deploy({ source })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('is outside the workspace'),
    ])
    expect(await job.names()).toEqual([])
  })

  it('a digest that was reviewed for another owner or environment', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    // Another environment with the same bucket and files: the name alone makes it another place.
    const other = await openProxy(cloud.origin, async (request, reply) => {
      if (!request.url?.endsWith('/environments/other')) return false
      const { authorization = '' } = request.headers
      const place = new URL(request.url.replace(/other$/, 'caec'), cloud.origin)
      reply.end(await (await fetch(place, { headers: { authorization } })).text())
      return true
    })
    try {
      const elsewhere = [
        job.deploy({ 'dry-run': 'true', owner: 'octo/other' }),
        job.deploy(
          { 'dry-run': 'true', environment: 'other' },
          { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPOSER: other.origin },
        ),
      ]
      const here = (await job.deploy({ 'dry-run': 'true' })).outputs['plan-digest']
      for (const { outputs } of await Promise.all(elsewhere)) {
        const result = await job.deploy({ 'expected-plan': outputs['plan-digest']! })
        expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining('#plan-changed')])
        expect(await job.names()).toEqual([])
        // What there is to review now comes along.
        expect(result.outputs['plan-digest']).toBe(here)
      }
    } finally {
      other.close()
    }
  })

  it('an empty source, instead of emptying the environment', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    await job.deploy()
    await rm(join(job.workspace, 'dags/one.py'))
    const result = await job.deploy()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('1 deployed file would be deleted'),
    ])
    expect(await job.names()).toEqual(['dags/one.py'])
  })

  it('a source that is not there', async () => {
    expect(errorOf(await job.deploy({ source: 'nowhere' }))).toContain('nowhere does not exist')
  })

  it("an environment that is not there, with Google's words", async () => {
    expect(errorOf(await job.deploy({ environment: 'other' }))).toMatch(
      /environments\.get on environment other in us-central1: 404 NOT_FOUND/,
    )
  })

  it('to run without credentials, saying where they come from', async () => {
    const result = await job.deploy({}, { GOOGLE_APPLICATION_CREDENTIALS: join(job.temp, 'gone.json') })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('Authenticate after the checkout'),
    ])
  })

  it('an identity that may not, with the missing permission and what to do', async () => {
    const other = await signIn(cloud, 'dbt')
    try {
      await job.write({ 'one.py': 'A = 1\n' })
      const result = await job.deploy({}, other.env)
      expect(errorOf(result)).toMatch(/403[\s\S]*composer\.environments\.get[\s\S]*Grant the permission/)
    } finally {
      await other.close()
    }
  })
})

describe('the import check', () => {
  it("passes good DAGs and puts a broken one's error at its line", async () => {
    await job.write({ 'good.py': 'from airflow.sdk import DAG\nwith DAG("good"):\n    pass\n' })
    const good = await job.deploy({ 'check-imports': 'true' })
    expect([errorOf(good), good.outputs['import-errors']]).toEqual(['', '0'])
    await job.write({ 'broken.py': 'from airflow.sdk import DAG\n\nimport nowhere_to_be_found\n' })
    const broken = await job.deploy({ 'check-imports': 'true' })
    expect([broken.exitCode, broken.outputs['import-errors'], broken.outputs.uploaded]).toEqual([1, '1', '1'])
    const annotation = broken.annotations.find(({ properties }) => properties.includes('broken.py'))
    expect(annotation?.properties).toContain('file=dags/broken.py,line=3')
    expect(annotation?.message).toContain('nowhere_to_be_found')
    expect(errorOf(broken)).toContain('Airflow cannot import broken.py')
  }, 400_000)
})
