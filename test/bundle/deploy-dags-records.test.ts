/**
 * What the deploy-dags bundle writes down of its deployments, what comes back from it, and that it does without
 * where it may not write there.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { errorOf, type RunResult } from '../support/runner.ts'
import { openDagsJob, type DagsJob } from './deploy-dags-job.ts'

const FOLDER = 'clickstream-deployments/octo%2Fclicks/dags'
const commit = (number: number) => `${number}`.repeat(40)
/** Run and commit by one number. */
const run = (number: number) => ({ GITHUB_RUN_ID: `${number}`, GITHUB_SHA: commit(number) })
const warningsOf = ({ annotations }: RunResult) =>
  annotations
    .filter(({ kind, message }) => kind === 'warning' && !message.includes('ENDPOINT_OVERRIDES'))
    .map(({ message }) => message)

let cloud: TestCloud
let job: DagsJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => job.empty())

async function deployed(number: number, files: Record<string, string>, inputs: Record<string, string> = {}) {
  await rm(join(job.workspace, 'dags'), { recursive: true, force: true })
  await job.write(files)
  const result = await job.deploy(inputs, run(number))
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  return result
}
const contents = async () =>
  Object.fromEntries(
    await Promise.all((await job.names()).map(async (name) => [name, await job.contentOf(name)] as const)),
  )

describe('the records of deployments', () => {
  it('hold what was done and what it replaced; a dry run and a run without changes write none', async () => {
    await job.write({ 'a.py': 'A = 1\n', 'b.py': 'B = 1\n' })
    await job.deploy({ 'dry-run': 'true' }, run(1))
    expect(await job.recorded()).toEqual([])
    await deployed(1, { 'a.py': 'A = 1\n', 'b.py': 'B = 1\n' })
    const second = await deployed(2, { 'a.py': 'A = 2\n' })
    await deployed(3, { 'a.py': 'A = 2\n' })
    expect(second.outputs.record).toBe('000002-2-1')
    expect(await job.recorded()).toEqual([
      `${FOLDER}/records/000001-1-1.json`,
      `${FOLDER}/records/000002-2-1.json`,
      `${FOLDER}/replaced/000002-2-1/a.py`,
      `${FOLDER}/replaced/000002-2-1/b.py`,
    ])
    expect(await job.contentOf(`${FOLDER}/replaced/000002-2-1/b.py`)).toBe('B = 1\n')
    expect(JSON.parse(await job.contentOf(`${FOLDER}/records/000002-2-1.json`))).toMatchObject({
      state: 'complete',
      commit: commit(2),
      owner: 'octo/clicks',
      actor: 'octocat',
      run: 'https://github.com/octo/clicks/actions/runs/2',
      files: { 'a.py': {} },
      changes: { 'a.py': { kind: 'upload' }, 'b.py': { kind: 'delete' } },
    })
  })

  it('are kept of the last deployments only, with their copies', async () => {
    await deployed(1, { 'a.py': 'A = 1\n' })
    for (const number of [2, 3, 4])
      await deployed(number, { 'a.py': `A = ${number}\n` }, { 'keep-records': '2' })
    expect(await job.recorded()).toEqual([
      `${FOLDER}/records/000003-3-1.json`,
      `${FOLDER}/records/000004-4-1.json`,
      `${FOLDER}/replaced/000003-3-1/a.py`,
      `${FOLDER}/replaced/000004-4-1/a.py`,
    ])
  })

  it('keep two folders of one repository from deleting each other, and know a folder that moved', async () => {
    const from = (source: string, number: number, inputs: Record<string, string> = {}) =>
      job.deploy({ source, ...inputs }, run(number))
    const folders = ['team_a/dags', 'team_b/dags'].map((folder) => join(job.workspace, folder))
    try {
      for (const folder of folders) await mkdir(folder, { recursive: true })
      await writeFile(join(folders[0]!, 'a.py'), 'A = 1\n')
      await writeFile(join(folders[1]!, 'b.py'), 'B = 1\n')
      expect((await from('team_a/dags', 1)).exitCode).toBe(0)
      const refused = await from('./team_b/dags', 2)
      expect([refused.exitCode, errorOf(refused)]).toEqual([
        1,
        expect.stringMatching(/1 file would be deleted.*dags\/a\.py.*also deployed the folder team_a\/dags/),
      ])
      expect(errorOf(refused)).toContain('an owner of its own, such as octo/clicks/team_a/dags')
      expect(await job.names()).toEqual(['dags/a.py'])
      expect((await from('team_b/dags', 3, { owner: 'octo/clicks/team_b' })).exitCode).toBe(0)
      expect((await from('team_a/dags', 4)).outputs.deleted).toBe('0')
      await rm(folders[0]!, { recursive: true })
      expect((await from('team_b/dags', 5, { 'owner-was': 'octo/clicks/team_b' })).outputs.deleted).toBe('1')
      expect(await job.names()).toEqual(['dags/b.py'])
    } finally {
      for (const team of ['team_a', 'team_b'])
        await rm(join(job.workspace, team), { recursive: true, force: true })
    }
  })

  it('show an older commit, which is refused until it is asked for', async () => {
    await deployed(5, { 'a.py': 'A = 5\n' })
    await job.write({ 'a.py': 'A = 4\n' })
    const dry = await job.deploy({ 'dry-run': 'true' }, run(4))
    expect([dry.exitCode, warningsOf(dry)]).toEqual([0, [expect.stringContaining('this commit is older')]])
    const refused = await job.deploy({}, run(4))
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(/run 5 is there .*#older-commit$/s),
    ])
    expect(refused.summary).toContain('not applied, nothing was changed')
    expect(refused.summary).not.toContain('dry run')
    expect(await contents()).toEqual({ 'dags/a.py': 'A = 5\n' })
    await deployed(4, { 'a.py': 'A = 4\n' }, { 'allow-older': 'true' })
    expect(await contents()).toEqual({ 'dags/a.py': 'A = 4\n' })
  })
})

it('an old commit that was never deployed is refused in a new run, by when it was made', async () => {
  const { workspace } = job
  const git = (at: number, ...args: string[]): string =>
    execFileSync('git', ['-C', workspace, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      env: { ...process.env, GIT_COMMITTER_DATE: `${at} +0000`, GIT_CONFIG_GLOBAL: '/dev/null' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  const commitOf = async (at: number, text: string): Promise<Record<string, string>> => {
    await job.write({ 'a.py': text })
    git(at, 'add', 'dags')
    git(at, 'commit', '-m', text)
    return { GITHUB_SHA: git(at, 'rev-parse', 'HEAD') }
  }
  try {
    git(1_700_000_000, 'init', '-q')
    const old = await commitOf(1_700_000_000, 'A = 1\n')
    const next = await commitOf(1_700_000_100, 'A = 2\n')
    expect(errorOf(await job.deploy({}, { ...next, GITHUB_RUN_ID: '8' }))).toBe('')
    git(1_700_000_200, 'checkout', '-q', old.GITHUB_SHA!)
    const again = { ...old, GITHUB_RUN_ID: '9' }
    expect(errorOf(await job.deploy({}, again))).toMatch(/was made before it, 2023-11-14.*#older-commit$/s)
    expect(await contents()).toEqual({ 'dags/a.py': 'A = 2\n' })
  } finally {
    await rm(join(workspace, '.git'), { recursive: true, force: true })
  }
})

describe('rollback-to', () => {
  const [one, two, three] = [
    { 'a.py': 'A = 1\n', 'gone.py': 'G = 1\n' },
    { 'a.py': 'A = 2\n', 'new.py': 'N = 2\n' },
    { 'a.py': 'A = 3\n', 'new.py': 'N = 2\n' },
  ]
  const inBucket = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`dags/${name}`, text]))

  it('goes back and forth by record and by previous, as a plan that can be reviewed', async () => {
    for (const [index, files] of [one, two, three].entries()) await deployed(index + 1, files)
    await rm(join(job.workspace, 'dags'), { recursive: true, force: true })
    const back = { 'rollback-to': 'previous' }
    const dry = await job.deploy({ ...back, 'dry-run': 'true' }, run(4))
    expect(JSON.parse(dry.outputs.plan!).steps).toMatchObject([
      { kind: 'restore', target: 'dags/a.py', reason: 'as before deployment 000003-3-1' },
    ])
    expect(await contents()).toEqual(inBucket(three))
    const first = await job.deploy({ ...back, 'expected-plan': dry.outputs['plan-digest']! }, run(4))
    expect([errorOf(first), first.outputs.uploaded, await contents()]).toEqual(['', '1', inBucket(two)])
    // A rerun of the same run changes nothing; another run goes one further back.
    expect(errorOf(await job.deploy(back, { ...run(4), GITHUB_RUN_ATTEMPT: '2' }))).toBe('')
    expect(await contents()).toEqual(inBucket(two))
    expect(errorOf(await job.deploy(back, run(5)))).toBe('')
    expect(await contents()).toEqual(inBucket(one))
    const forth = await job.deploy({ 'rollback-to': '000003-3-1' }, run(6))
    expect([errorOf(forth), await contents()]).toEqual(['', inBucket(three)])
    expect((await job.objects()).map(({ metadata }) => metadata?.['clickstream-owner'])).toEqual([
      'octo/clicks',
      'octo/clicks',
    ])
    const none = await job.deploy({ 'rollback-to': '000077-1-1' }, run(7))
    expect([none.exitCode, errorOf(none)]).toEqual([1, expect.stringContaining('#no-rollback')])
  })
})

describe('where only dags/ was granted', () => {
  it('deploys without a record and says which right is missing; a rollback is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'access '))
    const access = await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')
    const accessFile = join(folder, 'access.yaml')
    await writeFile(accessFile, access.replaceAll('clickstream-deployments/', 'nothing-here/'))
    const other = await startTestCloud({ services: ['storage', 'composer'], accessFile })
    const narrow = await openDagsJob(other)
    try {
      await narrow.write({ 'a.py': 'A = 1\n' })
      const result = await narrow.deploy()
      expect([result.exitCode, errorOf(result), await narrow.names()]).toEqual([0, '', ['dags/a.py']])
      expect(warningsOf(result)).toEqual([
        expect.stringMatching(
          /No record of this deployment is kept.*storage\.objects\.list.*keep-records: '0'/s,
        ),
      ])
      expect(warningsOf(await narrow.deploy({ 'keep-records': '0' }))).toEqual([])
      const back = await narrow.deploy({ 'rollback-to': 'previous' })
      expect([back.exitCode, errorOf(back)]).toEqual([
        1,
        expect.stringMatching(/storage\.objects\.list.*#no-rollback/s),
      ])
    } finally {
      await Promise.all([narrow.close(), other.close()])
      await rm(folder, { recursive: true, force: true })
    }
  })
})
