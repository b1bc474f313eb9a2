/** What a look at a command takes for its selection: the kinds of node, whether tests keep rows, what is compiled. */
import { expect, it } from '@jest/globals'
import { compilingArgv } from '../../../actions/run-dbt/src/argv.ts'
import { parseCommands } from '../../../actions/run-dbt/src/commands.ts'
import {
  lacksState,
  nodeTypesOf,
  storesFailures,
  whyLess,
  withState,
} from '../../../actions/run-dbt/src/verbs.ts'

const one = (text: string) => parseCommands(text)[0]!
const types = (text: string, environment = {}) => nodeTypesOf(one(text), environment).join(' ')

it.each([
  ['build', 'model seed snapshot test unit_test function'],
  ['run --select a', 'model'],
  ['build --resource-type model', 'model'],
  ['build --resource-types model test --select a', 'model test'],
  ['build --resource-type=model --resource-type=seed', 'model seed'],
  ['build --resource-type all --exclude-resource-type unit_test test', 'model seed snapshot function'],
  ['build -stag:model test', 'model seed snapshot test unit_test function'],
  ['test --exclude-resource-types unit_test', 'test'],
  ['clone', 'model seed snapshot'],
  ['ls', ''],
  ['compile', ''],
])('%s acts on: %s', (text, wanted) => {
  expect(types(text)).toBe(wanted)
})

it("dbt's own variables say it too, a flag before them", () => {
  const environment = { DBT_RESOURCE_TYPES: 'model seed', DBT_EXCLUDE_RESOURCE_TYPES: 'seed' }
  expect(types('build', environment)).toBe('model')
  expect(types('build --resource-type test', environment)).toBe('test')
  expect(types('run', { DBT_RESOURCE_TYPES: 'seed' })).toBe('model')
  const newer = { DBT_ENGINE_RESOURCE_TYPES: 'model seed', DBT_ENGINE_EXCLUDE_RESOURCE_TYPES: 'model' }
  expect(types('build', newer)).toBe('seed')
  expect(types('build', { ...newer, ...environment })).toBe('seed')
})

it.each<[string, object, boolean]>([
  ['build', {}, false],
  ['test --store-failures', {}, true],
  ['build', { DBT_STORE_FAILURES: 'true' }, true],
  ['test', { DBT_ENGINE_STORE_FAILURES: 'true', DBT_STORE_FAILURES: 'false' }, true],
  ['build --no-store-failures', { DBT_STORE_FAILURES: '1' }, false],
  ['run', { DBT_STORE_FAILURES: '1' }, false],
])('%s with %j keeps rows that fail: %s', (text, environment, wanted) => {
  expect(storesFailures(one(text), environment as Record<string, string>)).toBe(wanted)
})

it('reads less than its SQL says with a sample only', () => {
  expect(whyLess(one('build --sample "3 days"'), {})).toContain('--sample')
  expect(whyLess(one('build'), { DBT_SAMPLE: '3 days' })).toContain('--sample')
  expect(whyLess(one('build'), { DBT_ENGINE_SAMPLE: '3 days' })).toContain('--sample')
  expect(whyLess(one('build --empty'), {})).toBeUndefined()
})

it('is compiled as it runs: empty where that is asked for, without flags that compile does not have', () => {
  const inputs = { projectDir: '/p', target: 'ci', vars: '{}' }
  const project = { profileName: 'x', targetPath: '/t', logPath: '/l', commentLines: 1, notes: [] }
  const argv = compilingArgv(one('build --empty -s a --resource-type model --fail-fast --full-refresh'), {
    inputs,
    project,
  })!
  expect(argv.slice(0, argv.indexOf('--project-dir')).join(' ')).toBe(
    'compile --quiet --empty -s a --full-refresh',
  )
})

it('a clone needs a state, its own or that of the main branch', () => {
  expect([lacksState(one('clone')), lacksState(one('clone --state s')), lacksState(one('build'))]).toEqual([
    true,
    false,
    false,
  ])
})

it.each([
  ['build', 'build --select state:modified+ --state /kept --defer --favor-state'],
  ['build --exclude x', 'build --exclude x --select state:modified+ --state /kept --defer --favor-state'],
  [
    'build --exclude-resource-type unit_test',
    'build --exclude-resource-type unit_test --select state:modified+ --state /kept --defer --favor-state',
  ],
  // What another command builds is not in this one's selection, and would be read from production.
  [
    'build --exclude-resource-type seed',
    'build --exclude-resource-type seed --select state:modified+ --state /kept --defer',
  ],
  ['build\nrun -s a', 'build --select state:modified+ --state /kept --defer'],
  ['build\ntest -s a', 'build --select state:modified+ --state /kept --defer --favor-state'],
  ['build --no-favor-state', 'build --no-favor-state --select state:modified+ --state /kept --defer'],
  ['build --no-defer', 'build --no-defer --select state:modified+ --state /kept'],
  ['run', 'run --select state:modified+ --state /kept --defer'],
  ['test', 'test --select state:modified+ --state /kept --defer'],
  ['build -s tag:daily', 'build -s tag:daily --state /kept --defer'],
  ['test --state mine --no-defer', 'test --state mine --no-defer --select state:modified+'],
  ['compile --inline x', 'compile --inline x --state /kept --defer'],
  ['clone -s a', 'clone -s a --state /kept'],
  ['clone', 'clone --state /kept'],
  ['docs generate', 'docs generate --state /kept --defer'],
  ['show -s a', 'show -s a --state /kept --defer'],
  ['retry', 'retry'],
  ['deps', 'deps'],
])('on a pull request, %s becomes %s', (commands, words) => {
  const all = parseCommands(commands)
  const { verb, words: rest } = withState(all[0]!, { kept: { directory: '/kept' }, all, environment: {} })
  expect([verb, ...rest].join(' ')).toBe(words)
})
it.each([{ DBT_FAVOR_STATE: 'false' }, { DBT_ENGINE_RESOURCE_TYPES: 'model' }])(
  'on a pull request, an author who says %j in the environment is heard',
  (environment) => {
    const all = parseCommands('build')
    expect(withState(all[0]!, { kept: { directory: '/kept' }, all, environment }).words).not.toContain(
      '--favor-state',
    )
  },
)
