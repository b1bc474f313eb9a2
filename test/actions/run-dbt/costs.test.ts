/** What the summary tells of costs: the estimate with its accuracy, what limits did not judge, what was billed. */
import { expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import type { NodeCost } from '../../../actions/run-dbt/src/costs.ts'
import { hooksOf } from '../../../actions/run-dbt/src/hooks.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import type { Observed } from '../../../actions/run-dbt/src/observe.ts'
import { planRun } from '../../../actions/run-dbt/src/plan.ts'
import { report } from '../../../actions/run-dbt/src/report.ts'
import { describeCosts } from '../../../actions/run-dbt/src/report-costs.ts'
import type { NodeResult } from '../../../actions/run-dbt/src/results.ts'
import { thrownBy } from '../../support/thrown.ts'
import { observed } from './observed.ts'

const parse = (over: Record<string, string>) => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...over }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    { workspace: '/w' } as RunContext,
  )
}
const cost = (name: string, over: Partial<NodeCost> = {}): NodeCost => ({
  id: `model.x.${name}`,
  name,
  resourceType: 'model',
  materialized: 'table',
  accuracy: 'PRECISE',
  ...over,
})
const unknown = cost('orders', { accuracy: 'UNKNOWN', why: 'Not found: Table d.stg' })
const written = (
  given: Record<string, string>,
  costs: readonly NodeCost[],
  nodes: readonly NodeResult[] = [],
  beside: { readonly hooks?: readonly string[]; readonly queries?: number } = {},
) => {
  const inputs = parse(given)
  const [command] = inputs.commands
  const result = { isSuccess: true, exitCode: 0, seconds: 1, nodes }
  const seen: Observed = {
    ...observed,
    preview: {
      exitCode: 0,
      results: '/r',
      queries: beside.queries ?? 0,
      placed: [],
      commands: [{ command: command!, result, costs, compared: [], python: [], hooks: beside.hooks ?? [] }],
    },
  }
  const plan = planRun(inputs, seen, { projectId: 'p', endpoints: { overrides: [] } })
  const done = plan.steps.flatMap((step) => (step.kind === 'command' ? [{ step, result }] : []))
  return report(plan, { isApplied: true, done, failure: plan.costRefusal }, inputs, [], seen)
}
const warnings = (said: ReturnType<typeof report>) =>
  (said.annotations ?? []).flatMap(({ kind, message }) =>
    kind === 'warning' && message.includes('judge') ? [message] : [],
  )

it('a limit that could not judge all of it names the rest, in a warning and an output', () => {
  const said = written({ 'max-bytes': '1', commands: 'build\nretry\nsource freshness' }, [unknown])
  expect(said.outputs['not-estimated']).toBe('orders, dbt retry, dbt source freshness')
  expect(warnings(said)).toEqual([
    'max-bytes did not judge orders, dbt retry, dbt source freshness: what they read is not known before they run; give maximum-bytes-billed, which holds for each query.',
  ])
})

it('names hooks, and the queries that macros sent while the models were compiled', () => {
  const beside = { hooks: ['on-run-end', 'hooks of a'], queries: 2 }
  const said = written({ 'max-bytes': '9' }, [cost('a', { bytes: 1 })], [], beside)
  const names = 'on-run-end, hooks of a, 2 queries of macros while compiling'
  expect(said.outputs['not-estimated']).toBe(names)
  expect(warnings(said)).toEqual([expect.stringContaining(`max-bytes did not judge ${names}: `)])
  const summary = JSON.stringify(said.summary)
  expect(summary).toContain(`Not in it, because no dry run tells of it: ${names}.`)
  expect(summary).toContain(
    'Looking ran 2 queries of macros while compiling; only maximum-bytes-billed limits',
  )
})

it.each<[string, string[]]>([
  ['build', ['on-run-start', 'hooks of a']],
  ['compile', []],
  ['test', []],
])('of %s the hooks are %j', (verb, wanted) => {
  const a = { name: 'a', resource_type: 'model', config: { 'pre-hook': [], 'post-hook': [{ sql: 'x' }] } }
  const b = { name: 'b', resource_type: 'model', config: { 'pre-hook': [], 'post-hook': [] } }
  const start = { name: 'shop-on-run-start-0', resource_type: 'operation', tags: ['on-run-start'] }
  expect(hooksOf({ verb }, [a, b, start], verb === 'test' ? [] : [a, b])).toEqual(wanted)
})

it.each<[string, Record<string, string>, NodeCost[]]>([
  ['all is known', { 'max-bytes': '9' }, [cost('a', { bytes: 1 })]],
  ['no limit is set', { estimate: 'true' }, [unknown]],
  ['nothing is selected', { 'max-increase-percent': '1', state: 'gs://some-bucket' }, []],
])('nothing is said when %s', (_, given, costs) => {
  expect(warnings(written(given, costs))).toEqual([])
})

it('an increase over nothing is no increase, and is said', () => {
  const given = { 'max-increase-percent': '20', state: 'gs://some-bucket' }
  expect(warnings(written(given, [cost('a', { bytes: 7 })]))).toEqual([
    'max-increase-percent judged nothing: no node of this run is known from a run on the main branch.',
  ])
  expect(thrownBy(() => parse({ 'max-increase-percent': '20' }))).toMatchObject({
    code: 'INPUT',
    message: expect.stringContaining(
      'Reading input max-increase-percent: what ran before is known from the state',
    ),
  })
})

it('0 is a limit, not the lack of one', () => {
  const said = written({ 'max-cost-usd': '0' }, [cost('a', { bytes: 1024 ** 4 })])
  expect(said.failure).toMatchObject({ code: 'REFUSED', problem: 'dbt-cost' })
  expect(written({ 'max-cost-usd': '' }, [cost('a', { bytes: 1024 ** 4 })]).failure).toBeUndefined()
})

it('the estimate tells how exact it is and what the last run on main read', () => {
  const [, table] = describeCosts(
    [
      unknown,
      cost('a', { bytes: 2 ** 40, accuracy: 'LOWER_BOUND', before: 2 ** 30 }),
      cost('b', { bytes: 0 }),
      cost('c', { bytes: 5, accuracy: 'UPPER_BOUND' }),
    ],
    { pricePerTib: 6.25 },
  )
  expect(table).toMatchObject({
    head: ['Node', 'Kind', 'Would read', 'Accuracy', 'Cost', 'Last run on main'],
    rows: [
      ['a', 'table', '1.0 TiB', 'lower bound', '$6.25', '1.0 GiB'],
      ['c', 'table', '5 bytes', 'upper bound', '< $0.01', ''],
      ['orders', 'table', 'unknown', 'Not found: Table d.stg', '', ''],
    ],
  })
})

const ran = (name: string, seconds: number, over: Partial<NodeResult> = {}): NodeResult => ({
  id: `model.x.${name}`,
  name,
  resourceType: 'model',
  status: 'success',
  verdict: 'passed',
  message: '',
  seconds,
  ...over,
})
const tablesOf = (nodes: readonly NodeResult[]) =>
  written({}, [], nodes).summary.flatMap((block) =>
    block.kind === 'table' && ['Node', 'Slowest', 'Dearest'].includes(String(block.head[0])) ? [block] : [],
  )

it('one model alone shows what it was billed and how long its slots worked', () => {
  expect(
    tablesOf([ran('a', 2, { bytesBilled: 10 * 2 ** 20, slotMs: 4200, bytesProcessed: 7 })]),
  ).toMatchObject([
    {
      head: ['Node', 'Type', 'Status', 'Rows', 'Bytes', 'Time', 'Slot time', 'Billed', 'Cost'],
      rows: [['a', 'model', 'success', '', '7', '2.0 s', '4.2 s', '10.0 MiB', '< $0.01']],
    },
  ])
})

it('of many, the slowest and the dearest five come first', () => {
  const many = Array.from({ length: 7 }, (_, at) => ran(`m${at}`, at, { bytesBilled: (7 - at) * 2 ** 40 }))
  const [, slowest, dearest] = tablesOf(many)
  expect(slowest?.rows.map(([name]) => name)).toEqual(['m6', 'm5', 'm4', 'm3', 'm2'])
  expect(dearest?.rows.map(([name]) => name)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
  expect(dearest?.rows[0]).toEqual(['m0', '0.0 s', '', '7.0 TiB', '$43.75'])
})
