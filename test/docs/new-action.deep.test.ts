/**
 * Follows CONTRIBUTING.md, "Add an action in an hour", in a copy of the tree: the commands that stand there,
 * then the action they made against the local cloud.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { startTestCloud, repoRoot, type TestCloud } from '../support/cloud.ts'
import { runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'
import { fencesOf } from './markdown.ts'

/** The only objects that the deploying identity may change. */
const [BUCKET, PREFIX] = ['caec-local-dags', 'dags/']
let copy: string
let cloud: TestCloud
let job: SignedInJob
let commands: string[][]

/** `npm run VERB -- WORDS` as the door of the verbs runs it, without the installation it would begin with. */
async function run([verb = '', ...words]: readonly string[]): Promise<{ code: number; said: string }> {
  return execFile_(process.execPath, [path.join(copy, `scripts/${verb}.ts`), ...words])
}
const execFile_ = (
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; said: string }> =>
  promisify(execFile)(file, args, { cwd: copy, env: { ...process.env, ...env }, maxBuffer: 1 << 24 }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  )

beforeAll(async () => {
  const guide =
    (await readFile(path.join(repoRoot, 'CONTRIBUTING.md'), 'utf8'))
      .split(/^## /m)
      .find((section) => section.startsWith('Add an action in an hour')) ?? ''
  const made = fencesOf(guide).find(({ language }) => language === 'console')?.text ?? ''
  commands = made
    .trim()
    .split('\n')
    .map((line) => /^\$ npm run (\S+)(?: -- (.*))?$/.exec(line))
    .map((match) => [match?.[1] ?? '', ...(match?.[2] ?? '').split(' ').filter(Boolean)])
  copy = await mkdtemp(path.join(tmpdir(), 'new action '))
  const left = ['.git', '.local', 'node_modules', 'build', 'coverage']
  for (const name of (await readdir(repoRoot)).filter((entry) => !left.includes(entry)))
    await cp(path.join(repoRoot, name), path.join(copy, name), { recursive: true })
  await symlink(path.join(repoRoot, 'node_modules'), path.join(copy, 'node_modules'))
  cloud = await startTestCloud({ services: ['storage'] })
  job = await signIn(cloud)
}, 60_000)
afterAll(async () => {
  await Promise.all([job?.close(), cloud?.close()])
  if (copy) await rm(copy, { recursive: true, force: true })
})

describe('"Add an action in an hour"', () => {
  const name = (): string => commands[0]?.[1] ?? ''

  it('has commands that make, bundle (which checks the types) and describe an action', async () => {
    expect(commands.map(([verb]) => verb)).toEqual(['new-action', 'bundle', 'docs'])
    for (const command of commands)
      expect([command, await run(command)]).toEqual([command, { code: 0, said: expect.any(String) }])
    expect(await readFile(path.join(copy, 'actions', name(), 'README.md'), 'utf8')).toMatch(
      /\| `bucket` \| yes \|/,
    )
    expect((await run(['docs', '--check'])).code).toBe(0)
  }, 600_000)

  it('makes sources that the linter and its walls accept, and a test that passes', async () => {
    expect(
      await execFile_(process.execPath, [
        'node_modules/.bin/eslint',
        `actions/${name()}`,
        `test/actions/${name()}`,
      ]),
    ).toEqual({ code: 0, said: '' })
    const jest = await execFile_(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        'node_modules/.bin/jest',
        '--rootDir',
        '.',
        `test/actions/${name()}`,
      ],
      { NODE_OPTIONS: '' },
    )
    expect([jest.code, jest.said]).toEqual([0, expect.stringMatching(/Tests: +3 passed/)])
  }, 120_000)

  it('makes an action that refuses a missing input with a sentence', async () => {
    const result = await runBundle(name(), { root: copy, job, env: job.env })
    expect([result.exitCode, result.annotations.map(({ message }) => message)]).toEqual([
      1,
      [
        expect.stringMatching(
          /^stamp-objects: Reading input bucket: it is required[\s\S]*troubleshooting\.md#missing-input$/,
        ),
      ],
    ])
  })

  it('makes an action that plans, does it once, and then has nothing left to do', async () => {
    await cloud.fetchAs(
      'ci-deploy',
      `/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(`${PREFIX}one.txt`)}`,
      { method: 'POST', body: 'one' },
    )
    const act = (more: Record<string, string> = {}) =>
      runBundle(name(), { root: copy, job, env: job.env, with: { bucket: BUCKET, prefix: PREFIX, ...more } })
    const plan = await act({ 'dry-run': 'true' })
    expect([plan.exitCode, plan.outputs.marked, plan.outputs.unchanged]).toEqual([0, '1', '0'])
    expect(plan.summary).toContain('dry run, nothing was changed')
    const done = await act({ 'expected-plan': plan.outputs['plan-digest'] ?? '' })
    expect([
      done.exitCode,
      done.annotations.filter(({ kind }) => kind === 'error'),
      done.outputs.marked,
      done.outputs.unchanged,
    ]).toEqual([0, [], '1', '0'])
    const again = await act()
    expect([again.exitCode, again.outputs.marked, again.outputs.unchanged]).toEqual([0, '0', '1'])
  })

  it.each([
    [[], 'none was given'],
    [['Stamp_It'], 'not one name of lower-case words'],
    [['stamp', 'it'], 'not one name of lower-case words'],
    [['auth'], 'already there'],
    [['../x'], 'not one name of lower-case words'],
  ])('refuses the name %j in one sentence', async (words, sentence) => {
    const { code, said } = await run(['new-action', ...words])
    expect([code, said.trim().split('\n')]).toEqual([1, [expect.stringContaining(sentence)]])
  })
})
