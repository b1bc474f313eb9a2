/** Paths of inputs: where they really are, and that none leads out of the workspace. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import type { InputError } from '../../../actions/_shared/errors.ts'
import { insideWorkspace } from '../../../actions/_shared/local-folder.ts'
import type { Runner } from '../../../actions/_shared/run.ts'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { readSqlFiles } from '../../../actions/_shared/sql-files.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import { readLock } from '../../../actions/run-dbt/src/lock.ts'
import { observe as observeDbt } from '../../../actions/run-dbt/src/observe.ts'
import { readSource } from '../../../actions/submit-spark/src/local-sources.ts'

let root: string
let workspace: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'paths ')))
  workspace = join(root, 'work')
  await mkdir(join(workspace, 'src/dags'), { recursive: true })
  await mkdir(join(root, 'workshop'))
  await writeFile(join(root, 'secret'), 'x')
  await symlink('/etc', join(workspace, 'leak'))
  await symlink('..', join(workspace, 'up'))
  await symlink(join(root, 'secret'), join(workspace, 'file'))
  await symlink('src/dags', join(workspace, 'dags'))
  await symlink(workspace, join(root, 'alias'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('a path of the workspace', () => {
  it.each([
    ['src/dags', 'src/dags'],
    ['.', ''],
    ['dags', 'src/dags'],
    ['src/../src/dags/', 'src/dags'],
    ['up/work/src', 'src'],
  ])('%s is found where it really is', async (given, relative) => {
    const found = { full: join(workspace, relative).replace(/\/$/, ''), relative }
    expect(await insideWorkspace(workspace, given, 'source')).toEqual(found)
    expect(await insideWorkspace(join(root, 'alias'), given, 'source')).toEqual(found)
    expect(await insideWorkspace(workspace, join(workspace, given), 'source')).toEqual(found)
  })
  it.each([
    '..',
    '../workshop',
    'leak',
    'leak/apt',
    'file',
    'up/secret',
    '/etc',
    '../nothing',
    '/nothing',
    'src/../../secret',
  ])('%s is refused as outside', (given) =>
    expect(insideWorkspace(workspace, given, 'source')).rejects.toMatchObject({
      code: 'INPUT',
      problem: 'workspace-path',
      message: `Reading input source: ${given} is outside the workspace; give a path of the checkout.`,
    }),
  )
  it('that is not there is said to be so', () =>
    expect(insideWorkspace(workspace, 'nowhere', 'main')).rejects.toMatchObject({
      message: 'Reading input main: nowhere does not exist.',
    }))
})

/** The first thing that each action does with a path of its author's; deploy-dags shows its own as a bundle. */
const readers: Record<string, (given: string) => Promise<unknown>> = {
  source: (given) => {
    const sourceDir = resolve(workspace, given)
    return readSqlFiles({ workspace, sourceDir, source: given, variables: {} }, 'p', { noun: 'view' })
  },
  requirements: (given) => readLock(workspace, given),
  'project-dir': async (given) => {
    const values: Record<string, string> = {
      commands: 'build',
      dataset: 'd',
      location: 'EU',
      'project-dir': given,
    }
    const runner = { environment: {}, context: { workspace } } as Runner
    const inputs = parseInputs(
      createInputs((name) => values[name] ?? ''),
      runner.context,
    )
    return await observeDbt(inputs, {} as Google, runner)
  },
}
for (const input of ['main', 'py-files', 'jars', 'files', 'archives'])
  readers[input] = (given) => readSource(workspace, given, input)

it.each(
  Object.keys(readers).flatMap((input) => ['up/workshop', 'leak', 'file'].map((given) => [input, given])),
)('the input %s refuses the link %s out of the workspace', async (input, given) => {
  await expect(readers[input]!(given)).rejects.toMatchObject({
    code: 'INPUT',
    problem: 'workspace-path',
    message: expect.stringMatching(`^Reading input ${input}: ${given} is outside the workspace`),
  })
  await expect(readers[input]!('../workshop')).rejects.toMatchObject({ code: 'INPUT', input })
})

// Cut from a secret or made of it, so that GitHub does not know it: a part of a line in the log is too much.
it.each([
  ['a key', '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----MIIEvQ"}'],
  [
    'a key in base64',
    Buffer.from('{"type":"service_account","private_key":"x"}'.repeat(20)).toString('base64'),
  ],
  ['a token', `ya29.${'c0ffee'.repeat(10)}`],
])('%s pasted into an input that takes a path is never shown', async (_, pasted) => {
  for (const [input, read] of Object.entries(readers))
    for (const given of [pasted, `../../../${pasted}`]) {
      const error = (await read(given).catch((thrown: unknown) => thrown)) as InputError
      expect([input, error.code, error.problem]).toEqual([input, 'INPUT', expect.any(String)])
      const said = JSON.stringify([error.message, error.given, error.hint])
      expect([input, said.includes(pasted.slice(0, 40)), said.includes(pasted.slice(-40))]).toEqual([
        input,
        false,
        false,
      ])
    }
})
