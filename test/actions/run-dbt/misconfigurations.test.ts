/**
 * What newcomers get wrong, and what they are told: the message alone names the place, what is wrong and what to write
 * instead.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { chooseDbt } from '../../../actions/run-dbt/src/dbt-choice.ts'
import { parseInputs, type Inputs } from '../../../actions/run-dbt/src/inputs.ts'
import { readLock } from '../../../actions/run-dbt/src/lock.ts'
import { readProject } from '../../../actions/run-dbt/src/project.ts'

let workspace: string
beforeAll(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'misconfigured '))
  for (const name of ['broken', 'listed', 'doubled']) mkdirSync(path.join(workspace, name))
  writeFileSync(path.join(workspace, 'broken/dbt_project.yml'), 'name: shop\n  profile: [\n')
  writeFileSync(path.join(workspace, 'listed/dbt_project.yml'), '- name: shop\n')
  writeFileSync(path.join(workspace, 'doubled/dbt_project.yml'), 'name: shop\nname: store\n')
  writeFileSync(path.join(workspace, 'requirements.txt'), 'dbt-core\ndbt-bigquery\n')
})
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

const parse = (over: Record<string, string>): Inputs => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...over }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    { workspace } as RunContext,
  )
}
/** All that is read before anything is asked of Google or of dbt. */
async function begin(over: Record<string, string>): Promise<void> {
  const inputs = parse(over)
  await readProject(inputs, {})
  if (inputs.requirements !== '') await readLock(workspace, inputs.requirements)
  chooseDbt(inputs, undefined, undefined)
}

it.each<[Record<string, string>, string, string]>([
  [{ commands: '' }, 'input commands: it is required', 'add "commands:" to the step\'s "with"'],
  [{ dataset: '' }, 'input dataset: it is required', 'add "dataset:"'],
  [
    { dataset: 'shop-prod.analytics' },
    '"shop-prod.analytics" is not a dataset name',
    'its project goes into project-id',
  ],
  [{ location: 'us central1' }, '"us central1" is not a BigQuery location', 'such as EU or us-central1'],
  [{ 'maximum-bytes-billed': '0' }, 'input maximum-bytes-billed', 'an integer from 1'],
  [{ 'max-increase-percent': '20' }, 'input max-increase-percent', 'set the input state as well'],
  [{ 'pull-request': '#7' }, 'input pull-request', 'an integer from 1'],
  [{ commands: 'dbt deps && dbt build' }, '&& stands outside quotes', 'write one command per line'],
  [
    { commands: 'run > dbt.log' },
    '> stands outside quotes',
    'without it: what dbt prints is in the log of the step',
  ],
  [{ commands: 'dbt' }, 'in the line "dbt", no command stands there', 'write one of build, '],
  [{ commands: 'cd dbt' }, '"cd" is not a dbt command', 'the input project-dir'],
  [{ commands: 'pip install dbt-utils' }, '"pip" is not a dbt command', 'the input requirements'],
  [{ commands: 'python -m dbt build' }, '"python" is not a dbt command', 'write the words behind dbt'],
  [
    { commands: './venv/bin/dbt build' },
    '"./venv/bin/dbt" is not a dbt command',
    'write the words behind dbt',
  ],
  [{ commands: 'export DBT_X=1' }, '"export" is not a dbt command', 'the env of the step'],
  [{ commands: 'buidl' }, '"buidl" is not a dbt command this action runs', 'write one of build, '],
  [{ commands: 'build --target prod' }, '--target is set by the action', 'use the input target'],
  [
    { commands: 'build --profiles-dir .' },
    '--profiles-dir is set by the action',
    'its inputs dataset, location, project-id say where to',
  ],
  [{ commands: 'build -s $MODEL' }, '$MODEL would be expanded by a shell', 'use ${{ }} of the workflow'],
  [
    { commands: 'docs serve' },
    '"docs serve" is not run here: it serves until it is stopped',
    'write docs generate',
  ],
  [
    { commands: "run --vars 'day=1'" },
    '"day=1" behind --vars is no YAML mapping',
    "write for example --vars '{day: 2026-01-31}'",
  ],
  [{ vars: 'day=2026-01-31' }, '"day=2026-01-31" is not a mapping', 'such as {day: 2026-01-31}'],
  [{ 'dbt-core-version': 'latest' }, '"latest" is not an exact version', 'such as 1.11.16'],
  [{ 'dbt-core-version': '2.0.1' }, '"2.0.1" is not an exact version', 'the BigQuery adapter has no dbt 2'],
  [{ state: 'my-bucket/state' }, '"my-bucket/state" is not a place', 'such as gs://BUCKET/PREFIX'],
  [{ 'max-bytes': '10GB' }, '"10GB" is not an integer', 'from 0 to'],
  [
    { 'impersonate-service-account': 'me@example.com' },
    '"me@example.com" is not a service account',
    'NAME@PROJECT.iam.gserviceaccount.com',
  ],
  [{ 'project-dir': '../shop' }, '../shop is outside the workspace', 'give a path of the checkout'],
  [
    { 'project-dir': 'nowhere' },
    'nowhere/dbt_project.yml cannot be read',
    'name the folder that holds it with project-dir, and check out',
  ],
  [{ 'project-dir': 'broken' }, 'broken/dbt_project.yml is not valid YAML', 'at line 1, column 7)'],
  [{ 'project-dir': 'listed' }, 'listed/dbt_project.yml is not a mapping', 'of names to values'],
  [
    { 'project-dir': 'doubled', requirements: 'requirements.txt' },
    'requirements.txt holds no hashes',
    '--generate-hashes',
  ],
  [
    { 'project-dir': 'doubled', requirements: 'none.txt' },
    'input requirements: none.txt does not exist',
    'Does a checkout step come first',
  ],
  [
    { 'project-dir': 'doubled' },
    'Looking for Python: there is none on PATH',
    'add actions/setup-python before this step',
  ],
])('%j is told in one sentence, with what to write', async (over, what, fix) => {
  const error = (await begin(over).catch((thrown: unknown) => thrown)) as Error & { hint?: string }
  expect(`${error.message} ${error.hint ?? ''}`).toContain(what)
  expect(`${error.message} ${error.hint ?? ''}`).toContain(fix)
  expect(error.message.split('\n')).toHaveLength(1)
})
