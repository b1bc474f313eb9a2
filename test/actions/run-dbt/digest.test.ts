/** What of a project and its inputs the digest of a plan is over: all that decides what dbt would do, and no more. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { planDigest } from '../../../actions/_shared/plan.ts'
import type { Runner } from '../../../actions/_shared/run.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import type { Observed } from '../../../actions/run-dbt/src/observe.ts'
import { planRun } from '../../../actions/run-dbt/src/plan.ts'
import { digestOfSources } from '../../../actions/run-dbt/src/sources.ts'
import { observed } from './observed.ts'

let root: string
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dbt sources '))
})
afterAll(() => rm(root, { recursive: true, force: true }))

interface More {
  /** That of git, asked whether it has the lock. */
  readonly exitCode?: number
  readonly files?: Record<string, string>
}
type Row = [what: string, change: Record<string, string>, more: More]

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}
async function project(files: Record<string, string>): Promise<string> {
  const folder = join(root, String(count++))
  await write(folder, files)
  return folder
}

describe('what dbt reads has one digest', () => {
  const FILES = {
    'dbt_project.yml': 'name: read\n',
    'packages.yml': 'packages:\n  - local: ../beside\n',
    'models/sub/a.sql': 'select 1 as id',
    'seeds/s.csv': 'id\n1\n',
    'queries/b.sql': 'select 2 as id',
  }
  const asGit =
    (exitCode: number): Runner['execute'] =>
    () =>
      Promise.resolve({ exitCode, stdout: '', stderr: '' })
  const digest = async (folder: string, written: string[] = [], exitCode = 0) =>
    digestOfSources(
      folder,
      written.map((name) => join(folder, name)),
      { execute: asGit(exitCode) },
    )
  /** The digests before and after a change of the project. */
  const around = async (change: Record<string, string>, { exitCode = 0, files = {} }: More) => {
    const written = ['target', 'logs', 'dbt_packages']
    const folder = await project({ ...FILES, ...files })
    const before = await digest(folder, written, exitCode)
    await write(folder, change)
    return [before, await digest(folder, written, exitCode)]
  }

  it.each<Row>([
    ['a model', { 'models/sub/a.sql': 'select 2 as id' }, {}],
    ['a new macro', { 'macros/m.sql': '{% macro m() %}{% endmacro %}' }, {}],
    ['a seed', { 'seeds/s.csv': 'id\n2\n' }, {}],
    ['a setting', { 'dbt_project.yml': 'name: read\nvars: {a: 1}\n' }, {}],
    ['a selector', { 'selectors.yml': 'selectors: []' }, {}],
    ['a model where the project keeps them', { 'queries/b.sql': 'select 3' }, model('[queries]')],
    ['a model where only a template says where', { 'queries/b.sql': 'select 3' }, model("['{{ x }}']")],
    ['a lock of its repository', { 'package-lock.yml': 'packages: []' }, {}],
    ['a package of this machine', { '../beside/macros/m.sql': String(Math.random()) }, {}],
  ])('another one for %s', async (_, change, more) => {
    const [before, after] = await around(change, more)
    expect(after).not.toBe(before)
  })

  it.each<Row>([
    [
      'results',
      { 'target/manifest.json': '{}', 'logs/dbt.log': 'x', 'dbt_packages/p/models/a.sql': 'x' },
      {},
    ],
    ['results in a project that may be anywhere', { 'target/run/a.sql': 'x' }, model("['{{ x }}']")],
    ['a file of another tool', { 'queries/b.sql': 'select 3', 'README.md': 'x', 'profiles.yml': 'x' }, {}],
    ['what Python leaves', { 'models/__pycache__/a.pyc': 'x', 'models/gha-creds-1.json': '{}' }, {}],
    ['a lock that deps left', { 'package-lock.yml': 'packages: []' }, { exitCode: 1 }],
  ])('the same for %s', async (_, change, more) => {
    const [before, after] = await around(change, more)
    expect(after).toBe(before)
  })

  it('wherever it lies, and of what a link leads to', async () => {
    const [one = '', other = ''] = await Promise.all([project(FILES), project(FILES)])
    expect(await digest(one)).toBe(await digest(other))
    await symlink('a.sql', join(one, 'models/sub/link.sql'))
    await symlink('/etc', join(one, 'models/folder'))
    const linked = await digest(one)
    expect(linked).not.toBe(await digest(other))
    await writeFile(join(one, 'models/sub/a.sql'), 'select 9')
    expect(await digest(one)).not.toBe(linked)
  })

  function model(paths: string): { files: Record<string, string> } {
    return { files: { 'dbt_project.yml': `name: read\nmodel-paths: ${paths}\n` } }
  }
})

const parse = (over: Record<string, string>) => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...over }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    { workspace: '/w' } as RunContext,
  )
}

it('agrees to what dbt would do: files, variables, what is compared with, where Python runs', () => {
  const digest = (over: Record<string, string> = {}, seen: Partial<Observed> = {}) =>
    planDigest(
      'run-dbt',
      planRun(parse(over), { ...observed, ...seen }, { projectId: 'p', endpoints: { overrides: [] } }),
    )
  const kept = (folder: string) =>
    ({ state: { role: 'compare', kept: { latest: { folder }, directory: '/k', bytes: {} } } }) as never
  const state = { state: 'gs://some-bucket/dbt' }
  const python = {
    'dataproc-region': 'us-central1',
    'dataproc-bucket': 'some-bucket',
    'dataproc-service-account': 'a@b-project.iam.gserviceaccount.com',
  }
  const all = [
    digest(),
    digest({}, { sources: 'of other files' }),
    digest({ commands: 'build -s a' }),
    digest({ vars: '{day: 2026-01-02}' }),
    digest({ target: 'prod' }),
    digest(python),
    digest(state, { state: { role: 'save' } }),
    digest({ state: 'gs://some-bucket/other' }, { state: { role: 'save' } }),
    digest(state, kept('1-a-1-1')),
    digest(state, kept('2-b-1-1')),
  ]
  expect(new Set(all).size).toBe(all.length)
  expect(digest({ threads: '9', 'dry-run': 'true' })).toBe(digest())
})
