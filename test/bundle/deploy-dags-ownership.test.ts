/** The deploy-dags bundle in a bucket that is in use: what it finds, whose that is, and the folders beside `dags`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { errorOf } from '../support/runner.ts'
import { openDagsJob, type DagsJob } from './deploy-dags-job.ts'

let cloud: TestCloud
let job: DagsJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => job.empty())

describe('deploy-dags in a bucket that is in use', () => {
  it('says in a dry run what it finds and exits 0; the apply is refused and changes nothing', async () => {
    await job.put('dags/same.py', 'A = 1\n')
    await job.put('dags/other.py', 'B = 1\n')
    await job.put('dags/airflow_monitoring.py', 'C = 1\n')
    await job.write({ 'same.py': 'A = 1\n', 'other.py': 'B = 2\n', 'new.py': 'D = 1\n' })
    const before = await job.objects()
    const dry = await job.deploy({ 'dry-run': 'true' })
    expect([dry.exitCode, errorOf(dry)]).toEqual([0, ''])
    expect(dry.summary).toContain('adopt 1 / change 1 / conflict 1 / leave 1')
    expect(dry.annotations.map(({ message }) => message).join()).toMatch(
      /An apply of this plan is refused: .*adopt: true/,
    )
    expect(JSON.parse(dry.outputs.plan!).counts).toEqual({ adopt: 1, conflict: 1, keep: 0, upload: 1 })
    expect(JSON.parse(dry.outputs.plan!).refusal).toContain('1 file would be replaced that no deployment')
    const refused = await job.deploy()
    expect([refused.exitCode, errorOf(refused)]).toEqual([1, expect.stringContaining('#unrecorded-files')])
    expect(refused.summary).toContain('adopt 1 / change 1 / conflict 1 / leave 1')
    expect(await job.objects()).toEqual(before)
    const adopted = await job.deploy({ adopt: 'true' })
    expect([errorOf(adopted), adopted.outputs.uploaded]).toEqual(['', '2'])
    expect(await job.contentOf('dags/airflow_monitoring.py')).toBe('C = 1\n')
  })

  it('says in the plan of a dry run that too much would go', async () => {
    const files = Array.from({ length: 12 }, (_, n): [string, string] => [`f${n}.py`, `N = ${n}\n`])
    await job.write(Object.fromEntries(files))
    expect((await job.deploy()).outputs.uploaded).toBe('12')
    await rm(join(job.workspace, 'dags'), { recursive: true })
    await job.write(Object.fromEntries(files.slice(0, 1)))
    const dry = await job.deploy({ 'dry-run': 'true' })
    expect([dry.exitCode, errorOf(dry)]).toEqual([0, ''])
    expect(JSON.parse(dry.outputs.plan!).refusal).toContain('11 of 12 deployed files would be deleted')
  })

  it('takes over the files of a renamed repository, when told its name of before', async () => {
    await job.write({ 'same.py': 'A = 1\n', 'changed.py': 'B = 1\n' })
    await job.deploy({ owner: 'octo/before' })
    await job.write({ 'changed.py': 'B = 2\n' })
    expect(errorOf(await job.deploy())).toContain('owner octo/before')
    const names = { 'owner-was': 'octo/long-ago\nocto/before' }
    const older = { GITHUB_RUN_ID: '4700', GITHUB_SHA: 'd'.repeat(40) }
    expect(errorOf(await job.deploy(names, older))).toMatch(
      /run 4711 is there .*began before it.*#older-commit$/s,
    )
    const moved = await job.deploy(names)
    expect([errorOf(moved), moved.outputs.uploaded]).toEqual(['', '1'])
    expect(
      (await job.objects())
        .filter(({ name }) => name.startsWith('dags/'))
        .map(({ metadata }) => metadata?.['clickstream-owner']),
    ).toEqual(['octo/clicks', 'octo/clicks'])
  })

  it.each(['plugins', 'data'])(
    'looks at %s/ alone when told so, and shows what that needs',
    async (folder) => {
      await mkdir(join(job.workspace, folder), { recursive: true })
      await writeFile(join(job.workspace, folder, 'ours.py'), 'from airflow import DAG\n')
      const result = await job.deploy({ folder, 'check-imports': 'true' })
      // The job's account reaches dags/ only.
      expect([result.exitCode, errorOf(result)]).toEqual([
        1,
        expect.stringContaining(`storage.objects.list on gs://caec-local-dags/${folder}/: 403`),
      ])
      expect(await job.names()).toEqual([])
    },
  )
})

describe('deploy-dags where another folder was granted', () => {
  it.each(['plugins', 'data'])('deploys %s/, takes away what is gone, and goes back', async (folder) => {
    const access = await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')
    const accessFile = join(job.temp, `access-${folder}.yaml`)
    await writeFile(
      accessFile,
      access
        .replaceAll('/objects/dags/"', `/objects/${folder}/"`)
        .replaceAll('startsWith("dags/")', `startsWith("${folder}/")`),
    )
    const other = await startTestCloud({ services: ['storage', 'composer'], accessFile })
    const granted = await openDagsJob(other)
    try {
      const source = join(granted.workspace, folder)
      await mkdir(source)
      await writeFile(join(source, 'ours.py'), 'from airflow import DAG\n')
      const first = await granted.deploy({ folder, 'check-imports': 'true' })
      expect([errorOf(first), first.outputs.uploaded, await granted.names()]).toEqual([
        '',
        '1',
        [`${folder}/ours.py`],
      ])
      await writeFile(join(source, 'ours.py'), 'A = 2\n')
      expect(errorOf(await granted.deploy({ folder }, { GITHUB_RUN_ID: '4712' }))).toBe('')
      const back = await granted.deploy({ folder, 'rollback-to': 'previous' }, { GITHUB_RUN_ID: '4713' })
      expect([errorOf(back), await granted.contentOf(`${folder}/ours.py`)]).toEqual([
        '',
        'from airflow import DAG\n',
      ])
    } finally {
      await Promise.all([granted.close(), other.close()])
    }
  })
})

describe('deploy-dags refuses names in one sentence', () => {
  it.each([
    ['that are not UTF-8', Buffer.from([0x61, 0xff, 0x2e, 0x70, 0x79]), 'is not UTF-8'],
    ['with a line break', Buffer.from('a\nb.py'), 'holds a character that Cloud Storage cannot take'],
  ])('%s', async (_name, file, words) => {
    await job.write({ 'one.py': 'A = 1\n' })
    await writeFile(Buffer.concat([Buffer.from(join(job.workspace, 'dags/')), file]), 'x')
    const result = await job.deploy()
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
    expect(errorOf(result)).not.toContain('fault of this action')
    expect(await job.names()).toEqual([])
  })

  it('that look alike', async () => {
    await job.write({ 'caf\u00e9.py': 'A = 1\n', 'cafe\u0301.py': 'A = 2\n' })
    expect(errorOf(await job.deploy())).toMatch(/two files are called caf\u00e9\.py/)
    expect(await job.names()).toEqual([])
  })
})
