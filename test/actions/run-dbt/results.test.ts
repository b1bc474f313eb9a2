/** What a node of dbt's results says of itself. */
import { expect, it } from '@jest/globals'
import { failureOf } from '../../../actions/run-dbt/src/failure.ts'
import type { CommandStep } from '../../../actions/run-dbt/src/plan.ts'
import { describeNode, type CommandResult, type RawResult } from '../../../actions/run-dbt/src/results.ts'

const messageOf = (message: string): string =>
  describeNode({ unique_id: 'operation.shop.shop-on-run-end-1', status: 'error', message }, undefined).message

it('says what the database said of a hook, not that the hook failed', () => {
  expect(messageOf('shop.on-run-end.1 failed, error:\n the gate is red: rows of 2015-05-03')).toBe(
    'the gate is red: rows of 2015-05-03',
  )
  expect(messageOf('shop.on-run-end.1 failed, error:')).toBe('shop.on-run-end.1 failed, error:')
  expect(messageOf('Database Error\n  failed, error: x')).toBe('Database Error\n  failed, error: x')
})

it.each<[string, string | undefined, string, string]>([
  ['python', 'the place is missing', 'error', 'Python models are not run here: the place is missing. '],
  ['python', 'the place is missing', 'success', 'said'],
  ['python', undefined, 'error', 'said'],
  ['sql', 'the place is missing', 'error', 'said'],
])('of a %s model that %j bars and that ends in %s says: %s', (language, why, status, message) => {
  const manifest = { nodes: { 'model.shop.m': { name: 'm', language } } }
  const node = describeNode({ unique_id: 'model.shop.m', status, message: 'said' }, manifest, why)
  expect(node.message.startsWith(message)).toBe(true)
  expect(node.message).toContain('said')
})

it.each([
  ['shop', 'models/m.sql'],
  // Its path is one below the package; in this project the same one may be another model's.
  ['kit', undefined],
])('a node of %s stands in the file %s of the workspace', (package_name, file) => {
  const m = { name: 'm', package_name, original_file_path: 'models/m.sql' }
  const manifest = { metadata: { project_name: 'shop' }, nodes: { 'model.x.m': m } }
  const raw = { unique_id: 'model.x.m', status: 'error', message: 'Unrecognized name: nope at [2:8]' }
  expect(describeNode(raw, manifest)).toMatchObject({ name: 'm', file })
})

const failureWith = (raw: readonly Partial<RawResult>[], exception?: string) => {
  const nodes = raw.map((result) =>
    describeNode({ unique_id: 'model.shop.m', status: 'error', ...result }, undefined),
  )
  const step = { kind: 'command', target: 'build' } as CommandStep
  const result: CommandResult = { isSuccess: false, exitCode: 1, exception, seconds: 1, nodes }
  return failureOf(1, [step], [{ step, result }])
}

it('a failure says in the error itself why the first nodes failed', () => {
  const told =
    'Database Error in model m (models/m.sql)\n  Unrecognized name: nope at [2:8]\n  compiled code at t/m.sql'
  expect(failureWith([{ message: told }, { status: 'success', message: 'ok' }])?.message).toBe(
    'Running dbt build: 1 of 2 nodes failed: model.shop.m; see the table and the annotations.\n' +
      'model.shop.m: Database Error in model m (models/m.sql) Unrecognized name: nope at [2:8] compiled code at t/m.sql',
  )
  expect(failureWith(Array.from({ length: 7 }, () => ({ message: told })))?.message.split('\n')).toHaveLength(
    4,
  )
})

it('a dataset that dbt may not make is first one whose name may be wrong', () => {
  const denied =
    'DbtDatabaseError: Access Denied: Project p: User does not have bigquery.datasets.create permission'
  expect(failureWith([], denied)).toMatchObject({
    message: `Running dbt build: ${denied}`,
    hint: expect.stringMatching(/Is its name written right \(the input dataset, /),
  })
  expect(failureWith([], 'DbtDatabaseError: something else')?.hint).toBeUndefined()
})
