/** The pure stages of run-dbt: commands as words, the plan as argv, results as verdicts. */
import { describe, expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import { planRun } from '../../../actions/run-dbt/src/plan.ts'
import type { DbtOutcome } from '../../../actions/run-dbt/src/apply.ts'
import { report } from '../../../actions/run-dbt/src/report.ts'
import {
  describeNode,
  lineOfTest,
  type NodeResult,
  type Verdict,
} from '../../../actions/run-dbt/src/results.ts'
import { thrownBy } from '../../support/thrown.ts'

const context = { workspace: '/w' } as RunContext
const parse = (over: Record<string, string> = {}) => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...over }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    context,
  )
}
const warehouse = { projectId: 'p', endpoints: { overrides: [] } }
const installed = { python: '/py', core: '1.11.16', adapter: '1.12.1' }
const observed = { profileName: 'caec', targetPath: '/w/dbt/target', installed }

describe('inputs', () => {
  it('splits words as a shell would, and executes nothing', () => {
    expect(
      parse({ commands: 'dbt run-operation load --args \'{lake: "gs://x"}\'\nbuild -s $(rm) `x` a;b' })
        .commands,
    ).toEqual([
      ['run-operation', 'load', '--args', '{lake: "gs://x"}'],
      ['build', '-s', '$(rm)', '`x`', 'a;b'],
    ])
  })
  it.each([
    ["a verb that is not dbt's", { commands: 'rm -rf /' }, '"rm" is not a dbt command'],
    ['an open quote', { commands: "run --select 'a" }, 'while in a quoted string'],
    [
      'a flag of its own',
      { commands: 'run --profiles-dir=/tmp' },
      '--profiles-dir=/tmp is set by the action',
    ],
    ['dbt 2', { 'dbt-core-version': '2.0.5' }, 'the BigQuery adapter has no dbt 2'],
    ['a project outside the workspace', { 'project-dir': '../x' }, 'outside the workspace'],
    ['a dataset that is none', { dataset: 'a.b' }, 'is not a dataset name'],
    ['vars that are no object', { vars: '[1]' }, 'not a JSON object'],
  ])('refuse %s', (_, over, message) => {
    expect(thrownBy(() => parse(over as Record<string, string>))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining(message),
    })
  })
})

describe('plan', () => {
  it('uses a dbt of the wanted versions', () => {
    expect(planRun(parse(), observed, warehouse).steps[0]).toMatchObject({
      kind: 'use',
      python: '/py',
    })
  })
  it('installs when another version is there', () => {
    expect(
      planRun(parse(), { ...observed, installed: { ...installed, core: '1.10.0' } }, warehouse).steps[0],
    ).toMatchObject({ kind: 'install', reason: 'on PATH is dbt-core 1.10.0 with dbt-bigquery 1.12.1' })
  })
  it('says what is missing when there is no Python', () => {
    expect(thrownBy(() => planRun(parse(), { ...observed, installed: undefined }, warehouse))).toMatchObject({
      code: 'WORK_FAILED',
    })
  })
  it('writes a keyless profile from which no value can break out', () => {
    const profile = JSON.parse(
      planRun(parse({ 'maximum-bytes-billed': '5' }), observed, {
        projectId: 'p"\n: x',
        endpoints: { overrides: [{ api: 'bigquery', root: 'http://127.0.0.1:1' }] },
      }).profiles,
    ) as { caec: { outputs: { ci: Record<string, unknown> } } }
    expect(profile.caec.outputs.ci).toMatchObject({
      type: 'bigquery',
      method: 'oauth',
      project: 'p"\n: x',
      api_endpoint: 'http://127.0.0.1:1',
      maximum_bytes_billed: 5,
    })
    expect(JSON.stringify(profile)).not.toMatch(/drive|keyfile|token/)
  })
  it('has no step that builds in a dry run', () => {
    const steps = planRun(
      parse({
        commands: 'run-operation load\nrun --select a b --full-refresh --exclude c\ntest',
        'dry-run': 'true',
      }),
      observed,
      warehouse,
    ).steps
    expect(steps.slice(1).map((step) => [step.kind, 'argv' in step ? step.argv : []])).toEqual([
      ['leave-out', ['run-operation', 'load']],
      ['list', ['ls', '--quiet', '--resource-type', 'model', '--select', 'a', 'b', '--exclude', 'c']],
      ['list', ['ls', '--quiet', '--resource-type', 'test', '--resource-type', 'unit_test']],
    ])
  })
})

describe('results', () => {
  const node = (status: string) =>
    describeNode(
      {
        unique_id: 'model.caec.m',
        status,
        message: 'Unrecognized name: vistor at [3:5]',
        adapter_response: { bytes_processed: '12' },
      },
      {
        nodes: {
          'model.caec.m': {
            name: 'm',
            original_file_path: 'models/m.sql',
            raw_code: 'select\n  1,\n  vistor\nfrom x',
          },
        },
      },
    )
  it.each([
    ['success', 'passed'],
    ['no-op', 'passed'],
    ['reused', 'passed'],
    ['warn', 'warned'],
    ['skipped', 'skipped'],
    ['error', 'failed'],
    ['partial success', 'failed'],
    ['something new', 'failed'],
  ])('reads status %s as %s', (status, verdict) => {
    expect(node(status).verdict).toBe(verdict)
  })
  it('finds the line in the source, not in the compiled SQL', () => {
    expect(node('error')).toMatchObject({ file: 'models/m.sql', line: 3, bytesProcessed: 12 })
  })
  it('finds a generic test at its column', () => {
    expect(
      lineOfTest(
        [
          'models:',
          '  - name: other',
          '    columns:',
          '      - name: id',
          '  - name: m',
          '    columns:',
          '      - name: id',
        ],
        'm',
        'id',
      ),
    ).toBe(7)
  })
})

describe('report', () => {
  const node = (name: string, resourceType: string, verdict: Verdict, over = {}): NodeResult => ({
    id: `${resourceType}.caec.${name}`,
    name,
    resourceType,
    status: verdict,
    verdict,
    message: '',
    seconds: 1,
    ...over,
  })
  const outcomeOf = (...nodes: NodeResult[]): DbtOutcome => ({
    isApplied: true,
    results: '/r',
    done: [
      {
        step: { kind: 'command', target: 'build', reason: '', argv: ['build'] },
        result: { isSuccess: true, seconds: 2, nodes },
      },
    ],
  })
  const written = report(
    planRun(parse(), observed, warehouse),
    outcomeOf(
      node('m', 'model', 'passed', { bytesProcessed: 5 }),
      node('t1', 'test', 'passed'),
      node('t2', 'test', 'warned', { message: 'odd', file: 'models/m.yml', line: 4 }),
    ),
    parse(),
    [],
  )
  it('counts verdicts and sums the bytes that were reported', () => {
    expect(written.outputs).toMatchObject({
      status: 'success',
      'nodes-passed': 2,
      'nodes-warned': 1,
      'nodes-failed': 0,
      'bytes-processed': 5,
    })
  })
  it('shows what was built and what did not pass first, and passed tests as one line', () => {
    const tables = written.summary.filter((block) => block.kind === 'table')
    expect(tables.at(-1)?.rows.map(([name]) => name)).toEqual(['t2', 'm'])
    expect(written.summary.at(-1)).toEqual({ kind: 'details', label: '1 test passed', text: 't1' })
  })
  it('annotates a warning at its file and line in the workspace', () => {
    expect(written.annotations).toEqual([
      { kind: 'warning', title: 'dbt test t2: warned', message: 'odd', file: 'dbt/models/m.yml', line: 4 },
    ])
  })
})
