/** What the workflows install from is what the tests ran with. */
import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { UNUSED } from '../../actions/run-dbt/src/installer-words.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

it.each([
  ['.github/actions/test-spark/requirements.txt', 'local/toolchain/locks/spark.txt'],
  ['.github/actions/test-spark/build-requirements.txt', 'local/toolchain/locks/build.txt'],
  ['actions/run-dbt/assets/requirements.txt', 'local/toolchain/locks/dbt.txt'],
  ['dist/run-dbt/requirements.txt', 'local/toolchain/locks/dbt.txt'],
])('%s is %s', (copy, original) => {
  expect(read(copy)).toBe(read(original))
})

it('what run-dbt takes for unused is what its lock leaves out', () => {
  const left = read('local/toolchain/locks/dbt.excludes')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  expect([...UNUSED].sort()).toEqual(left.sort())
})

it('the image is built from the lock of run-dbt on a base named by its digest, and not as root', () => {
  const dockerfile = read('.github/actions/build-dbt-image/Dockerfile')
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]!)
  expect(bases[0]).toMatch(/^python:\d+\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}$/)
  expect(bases.slice(1)).toEqual(['base', 'base'])
  expect(dockerfile).toMatch(/--require-hashes -r \/requirements\.txt/)
  expect(dockerfile.slice(dockerfile.lastIndexOf('\nFROM'))).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
  expect(read('.github/actions/build-dbt-image/action.yml')).toContain('/dist/run-dbt/requirements.txt')
  expect(dockerfile).not.toMatch(/latest/)
})

it('every job of the reusable workflows has a time limit and permissions of its own, and their file grants nothing', () => {
  for (const name of ['build', 'deploy', 'test']) {
    const { permissions, jobs, on } = parse(read(`.github/workflows/${name}.yml`)) as {
      permissions: object
      jobs: Record<string, Record<string, unknown>>
      on: Record<
        string,
        { inputs?: Record<string, { description?: string; type?: string }>; secrets?: object }
      >
    }
    expect([name, permissions, Object.keys(on)]).toEqual([name, {}, ['workflow_call', 'workflow_dispatch']])
    expect(on.workflow_call?.secrets).toBeUndefined()
    for (const [id, job] of Object.entries(jobs))
      expect([name, id, typeof job['timeout-minutes'], typeof job.permissions]).toEqual([
        name,
        id,
        'number',
        'object',
      ])
    for (const [input, { description, type }] of Object.entries(on.workflow_call?.inputs ?? {}))
      expect([input, typeof description, typeof type]).toEqual([input, 'string', 'string'])
  }
})
