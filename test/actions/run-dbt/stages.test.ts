/** The pure stages of run-dbt: commands as words, the plan as argv, results as verdicts. */
import { describe, expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import { planRun } from '../../../actions/run-dbt/src/plan.ts'
import { listingArgv } from '../../../actions/run-dbt/src/argv.ts'
import type { DbtOutcome } from '../../../actions/run-dbt/src/apply.ts'
import { checkCosts, totalOf, type NodeCost } from '../../../actions/run-dbt/src/costs.ts'
import { chooseDbt } from '../../../actions/run-dbt/src/dbt-choice.ts'
import { parseLock } from '../../../actions/run-dbt/src/lock.ts'
import { renderProfiles } from '../../../actions/run-dbt/src/profile.ts'
import { datasetsToCreate, datasetsToDrop, labelsOf } from '../../../actions/run-dbt/src/pull-request.ts'
import { parseLatest } from '../../../actions/run-dbt/src/state.ts'
import { report } from '../../../actions/run-dbt/src/report.ts'
import { lineOfError, lineOfTest, sourceLine } from '../../../actions/run-dbt/src/places.ts'
import { describeNode, type NodeResult, type Verdict } from '../../../actions/run-dbt/src/results.ts'
import { thrownBy } from '../../support/thrown.ts'
import { observed } from './observed.ts'

const context = { workspace: '/w' } as RunContext
const parse = (over: Record<string, string> = {}) => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...over }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    context,
  )
}
const installed = { python: '/py', core: '1.11.16', adapter: '1.12.1' }
const warehouse = { projectId: 'p', endpoints: { overrides: [] } }

describe('inputs', () => {
  const words = (commands: string) =>
    parse({ commands }).commands.map(({ globals, verb, words: rest }) => [...globals, verb, ...rest])
  it('splits words as a shell would, and executes nothing', () => {
    expect(
      words('dbt run-operation load --args \'{lake: "gs://x"}\'\nbuild -s \'$(rm) `x` a;b\' "c|d"'),
    ).toEqual([
      ['run-operation', 'load', '--args', '{lake: "gs://x"}'],
      ['build', '-s', '$(rm) `x` a;b', 'c|d'],
    ])
  })
  it('takes the shapes people write', () => {
    expect(
      words(
        '# seeds first\nseed # all\nbuild \\\n  --select a \\\n  b\n--warn-error --log-level debug run\ndocs generate',
      ),
    ).toEqual([
      ['seed'],
      ['build', '--select', 'a', 'b'],
      ['--warn-error', '--log-level', 'debug', 'run'],
      ['docs generate'],
    ])
    expect(parse({ vars: '{a: 1}' }).vars).toBe('{a: 1}')
    expect(parse({ vars: "{'a': 1}" }).vars).toBe("{'a': 1}")
    expect(parse({ vars: 'a: 1\nb: [2]' }).vars).toBe('a: 1\nb: [2]')
    expect(parse({ commands: "run --vars '{day: 2026-01-02}' -s a" }).commands).toMatchObject([
      { words: ['-s', 'a'], vars: '{day: 2026-01-02}' },
    ])
  })
  it.each([
    'build --select people && dbt test',
    'build --select people || test',
    'build; test',
    'build ;test',
    'build | tee log',
    'build > log',
    'build 2>&1',
    'build < in',
    'build & test',
    'build\\\n&& dbt test',
  ])('refuse what a shell would have to do: %s', (commands) => {
    expect(thrownBy(() => parse({ commands }))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining('write one command per line'),
    })
  })
  it.each([
    'build -s $MODELS',
    'build -s "$MODELS"',
    'build -s ${MODELS}',
    'build -s $(cat x)',
    'build -s `x`',
  ])('refuse what a shell would expand: %s', (commands) => {
    expect(thrownBy(() => parse({ commands }))).toMatchObject({
      message: expect.stringContaining('would be expanded by a shell, and none reads this line'),
    })
  })
  it.each([
    ['build dbt test', 'there is a second dbt; write one command per line'],
    ['docs serve', '"docs serve" is not run here: it serves until it is stopped'],
    ['docs serve --port 1', '"docs serve" is not run here'],
    ['--quiet docs serve', '"docs serve" is not run here'],
    ['clean', '"clean" is not run here: it deletes folders'],
    ['init', '"init" is not run here: it asks a person'],
    ['debug --connection', '"debug" is not run here'],
    ['docs', '"docs" is not a dbt command'],
    ['build --target prod', '--target is set by the action: use the input target'],
    ['build -tprod', 'use the input target'],
    ['build -xtprod', 'use the input target'],
    ['--target-path /x build', '--target-path is set by the action: set target-path in dbt_project.yml'],
    ['build --profiles-dir /tmp/evil', '--profiles-dir is set by the action'],
    [
      'build; curl evil.example',
      '; stands outside quotes: no shell reads this line; write one command per line',
    ],
    [
      'run --select people && dbt test',
      '&& stands outside quotes: no shell reads this line; write one command per line',
    ],
    ['build --no-write-json', '--no-write-json is set by the action'],
    ['source freshness -o x.json', 'results-path'],
    ["run --vars '[1]'", 'is no YAML mapping'],
    ['# nothing', 'holds comments only'],
  ])('refuse %s', (commands, message) => {
    expect(thrownBy(() => parse({ commands }))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining(message),
    })
  })
  it.each([
    ["a verb that is not dbt's", { commands: 'rm -rf /' }, '"rm" is not a dbt command'],
    ['an open quote', { commands: "run --select 'a" }, 'is not closed'],
    [
      'a flag of its own',
      { commands: 'run --profiles-dir=/tmp' },
      '--profiles-dir=/tmp is set by the action',
    ],
    ['dbt 2', { 'dbt-core-version': '2.0.5' }, 'the BigQuery adapter has no dbt 2'],
    ['a project outside the workspace', { 'project-dir': '../x' }, 'outside the workspace'],
    ['a dataset that is none', { dataset: 'a.b`' }, 'is not a dataset name'],
    [
      'a version that is a requirement',
      { 'dbt-core-version': '1.11.16 --index-url=http://evil.example' },
      'is not an exact version such as 1.11.16',
    ],
    ['vars that are no object', { vars: '[1]' }, 'is not a mapping of names to values'],
  ])('refuse %s', (_, over, message) => {
    expect(thrownBy(() => parse(over as Record<string, string>))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining(message),
    })
  })
})

describe('plan', () => {
  it('uses a dbt of the wanted versions', () => {
    expect(chooseDbt(parse(), installed, '/usr/bin/python3')).toMatchObject({ kind: 'use', python: '/py' })
  })
  it('installs when another version is there', () => {
    expect(chooseDbt(parse(), { ...installed, core: '1.10.0' }, undefined)).toMatchObject({
      kind: 'install',
      reason: 'on PATH is dbt-core 1.10.0 with dbt-bigquery 1.12.1',
    })
  })
  const pins =
    'dbt-core==1.10.3 \\\n    --hash=sha256:aa\ndbt-bigquery[x] == 1.10.1 ; python_version > "3.9" \\\n    --hash=sha256:bb\n'
  it('installs what a lock of its own pins, whatever is on PATH', () => {
    const lock = { file: '/w/dbt.txt', ...parseLock('dbt.txt', pins) }
    expect(
      chooseDbt(
        { ...parse(), requirements: 'dbt.txt' },
        { ...installed, core: '1.10.3', adapter: '1.10.1' },
        '/usr/bin/python3',
        lock,
      ),
    ).toMatchObject({
      kind: 'install',
      target: 'dbt-core 1.10.3, dbt-bigquery 1.10.1',
      reason: 'locked by dbt.txt',
    })
    const digest = (text: string) =>
      planRun(parse(), { ...observed, dbt: { ...observed.dbt, lock: { ...lock, text } } }, warehouse).agreedOn
    expect(digest(pins)).not.toEqual(digest(`${pins}# other`))
  })
  it.each([
    ['takes in something else with "-r base.txt"', `-r base.txt\n${pins}`],
    ['holds no hashes', 'dbt-core==1.11.16\ndbt-bigquery==1.12.1\n'],
    ['does not pin dbt-bigquery', pins.replace('dbt-bigquery', 'dbt-postgres')],
    ['does not pin dbt-core', pins.replace('==', '>=')],
    ['pins dbt-core 2.0.0; this action runs dbt 1.x', pins.replace('1.10.3', '2.0.0')],
  ])('refuses a lock that %s', (what, text) => {
    expect(thrownBy(() => parseLock('dbt.txt', text))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining(`Reading input requirements: dbt.txt ${what}`),
      hint: expect.stringContaining('--generate-hashes'),
    })
  })
  it('says what is missing when there is no Python', () => {
    expect(thrownBy(() => chooseDbt(parse(), undefined, undefined))).toMatchObject({ code: 'WORK_FAILED' })
  })
  it('writes a keyless profile from which no value can break out', () => {
    const inputs = parse({
      'maximum-bytes-billed': '5',
      'job-timeout-seconds': '60',
      priority: 'batch',
      'execution-project': 'payer-project',
      'impersonate-service-account': 'a@b-project.iam.gserviceaccount.com',
    })
    const profile = JSON.parse(
      renderProfiles(inputs, 'd', 'caec', {
        projectId: 'p"\n: x',
        endpoints: { overrides: [{ api: 'bigquery', root: 'http://127.0.0.1:1' }] },
      }),
    ) as { caec: { outputs: { ci: Record<string, unknown> } } }
    expect(profile.caec.outputs.ci).toMatchObject({
      type: 'bigquery',
      method: 'oauth',
      project: 'p"\n: x',
      api_endpoint: 'http://127.0.0.1:1',
      maximum_bytes_billed: 5,
      job_execution_timeout_seconds: 60,
      priority: 'batch',
      execution_project: 'payer-project',
      impersonate_service_account: 'a@b-project.iam.gserviceaccount.com',
    })
    expect(JSON.stringify(profile)).not.toMatch(/drive|keyfile|token/)
  })
  it('has no step that builds in a dry run', () => {
    const inputs = parse({ commands: 'run-operation load\nrun\ntest', 'dry-run': 'true' })
    const { steps } = planRun(inputs, observed, warehouse)
    expect(steps.map(({ kind }) => kind)).toEqual(['use', 'leave-out', 'list', 'list'])
  })
  it.each([
    [
      'run --select a b --full-refresh --exclude c',
      'ls --quiet --resource-type model --select a b --exclude c',
    ],
    ['test', 'ls --quiet --resource-type test --resource-type unit_test'],
    ['build -s state:modified+ --defer --state S', 'ls --quiet -s state:modified+ --defer --state S'],
    ['test --resource-type unit_test', 'ls --quiet --resource-type unit_test'],
    ['build -stag:daily --empty', 'ls --quiet -stag:daily'],
  ])('lists what %s would select', (commands, words) => {
    const argv = listingArgv(parse({ commands }).commands[0]!, { inputs: parse(), project: observed.project })
    expect(argv?.slice(0, argv.indexOf('--project-dir')).join(' ')).toBe(words)
  })
  const cost = (name: string, bytes: number | undefined, before?: number): NodeCost => ({
    id: name,
    name,
    resourceType: 'model',
    materialized: 'table',
    bytes,
    before,
    accuracy: bytes === undefined ? 'UNKNOWN' : 'PRECISE',
  })
  it.each<[string, NodeCost[], string]>([
    ['max-bytes', [cost('a', 60), cost('b', 60)], 'read 120 bytes, more than max-bytes allows (100)'],
    ['max-cost-usd', [cost('a', 2 ** 40)], 'cost $6.25, more than max-cost-usd allows (1)'],
    ['max-increase-percent', [cost('a', 130, 100)], 'read 30 % more than the run before'],
  ])('refuses what is above %s, and says what reads most', (input, costs, words) => {
    const limit = { 'max-bytes': '100', 'max-cost-usd': '1', 'max-increase-percent': '20' }[input]!
    const inputs = parse({ [input]: limit, state: 'gs://some-bucket' })
    expect(thrownBy(() => checkCosts(costs, inputs.costs, inputs.costs))).toMatchObject({
      code: 'REFUSED',
      problem: 'dbt-cost',
      message: expect.stringContaining(words),
    })
  })
  it('does not call free what it does not know', () => {
    expect(totalOf([cost('a', 5, 4), cost('b', undefined)])).toEqual({
      bytes: 5,
      unknown: ['b'],
      compared: { now: 5, before: 4 },
    })
  })
  const proof = labelsOf('123', 7)
  const dataset = (datasetId: string, labels = {}) => ({ datasetId, labels, location: 'EU' })
  it('drops of a pull request only what carries its labels', () => {
    const all = [
      dataset('d_pr_7', proof),
      dataset('d_pr_7_marts', proof),
      dataset('d_pr_7_of_somebody'),
      dataset('d_pr_7_other', { ...proof, repository: '9' }),
      dataset('d_pr_77', proof),
    ]
    expect(datasetsToDrop(all, 'd_pr_7', proof)).toEqual({
      ours: ['d_pr_7', 'd_pr_7_marts'],
      left: ['d_pr_7_of_somebody', 'd_pr_7_other'],
    })
  })
  it('builds a pull request nowhere else', () => {
    const at = (datasetId: string, projectId = 'p') => [{ name: 'm', projectId, datasetId }]
    expect(datasetsToCreate(at('d_pr_7_marts'), 'd_pr_7', 'p', [], proof)).toEqual(['d_pr_7', 'd_pr_7_marts'])
    for (const [placed, existing] of [
      [at('marts'), []],
      [at('d_pr_7', 'other'), []],
      [at('d_pr_77'), []],
      [at('d_pr_7'), [dataset('d_pr_7')]],
    ] as const)
      expect(thrownBy(() => datasetsToCreate(placed, 'd_pr_7', 'p', existing, proof))).toMatchObject({
        code: 'REFUSED',
        problem: 'dbt-foreign-dataset',
      })
  })
  it.each(['{}', 'null', 'x', '{"schemaVersion":1,"folder":"../../x","commit":"abcdef0","committedAt":1}'])(
    'takes no stranger for the latest state: %s',
    (text) => {
      expect(parseLatest(text)).toBeUndefined()
    },
  )
  it('tells dbt where to write and which profile to take, whatever the environment says', () => {
    const step = planRun(parse({ commands: 'build\ndeps' }), observed, warehouse).steps.map((of) =>
      'argv' in of ? of.argv.join(' ') : '',
    )
    expect(step[1]).toContain(
      '--profile caec --target ci --vars {} --log-path /l --write-json --target-path /t',
    )
    expect(step[2]).not.toContain('--target-path')
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
  it('reads what BigQuery measured', () => {
    expect(node('error')).toMatchObject({ file: 'models/m.sql', bytesProcessed: 12 })
  })
  it('reads the freshness of a source', () => {
    expect(
      describeNode(
        {
          unique_id: 'source.caec.raw.events',
          status: 'error',
          max_loaded_at: '2026-01-01T00:00:00Z',
          max_loaded_at_time_ago_in_s: 7200,
        },
        { sources: { 'source.caec.raw.events': { name: 'events', source_name: 'raw' } } },
      ),
    ).toMatchObject({
      name: 'raw.events',
      verdict: 'failed',
      message: 'last loaded 2026-01-01T00:00:00Z, 2.0 hours before this check',
    })
  })
  const source = [
    '{{ config(materialized="table") }}',
    '{% set kinds = ["a", "b"] %}',
    'select',
    '  id,',
    '  {% for kind in kinds %}',
    '  sum({{ kind }}) as {{ kind }},',
    '  {% endfor %}',
    '  nothing',
    'from {{ ref("people") }}',
    'group by 1',
  ].join('\n')
  const compiled = [
    '',
    '',
    'select',
    '  id,',
    '  ',
    '  sum(a) as a,',
    '  ',
    '  sum(b) as b,',
    '  ',
    '  nothing',
    'from `p`.`d`.`people`',
    'group by 1',
  ].join('\n')
  const run = `\n\n    create or replace table x\n    OPTIONS()\n    as (\n      ${compiled.trim()}\n    );`
  const texts = { source, compiled, run, commentLines: 1 }
  // The statement begins with a line of comment; `select` is its seventh line.
  it.each([
    ['Unrecognized name: nothing at [14:3]', 8],
    ['No matching signature for aggregate function SUM at [10:3]', 6],
    ['No matching signature for aggregate function SUM at [12:3]', 6],
    ['Table was not found at [15:6]', 9],
    ['SELECT list expression references column id which is neither grouped nor aggregated at [8:3]', 4],
    ['Syntax error at [16:1]', 10],
    ['Unrecognized name: nothing at [2:1]', 8],
    ['Something else at [99:1]', undefined],
    ['No place is given', undefined],
  ])('%s stands at line %s of the source', (message, line) => {
    expect(lineOfError(message, texts)).toBe(line)
  })
  it('knows lines that Jinja left alone, and those between them', () => {
    expect([1, 2, 3].map((line) => sourceLine('a\nb {{ x }}\nc', 'a\nb 1\nc', line))).toEqual([1, 2, 3])
    expect(sourceLine('{{ many() }}\nc', 'x\ny\nz\nc', 2)).toBe(1)
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
    junit: '/r/junit.xml',
    compared: [],
    notes: [],
    done: [
      {
        step: {
          kind: 'command',
          target: 'build',
          reason: '',
          argv: ['build'],
          command: { globals: [], verb: 'build', words: [], text: 'build' },
        },
        result: { isSuccess: true, exitCode: 0, seconds: 2, nodes },
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
    observed,
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
