/** What run-dbt reads of a project's files: where dbt writes, and the place of an error that dbt only tells in words. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { placeOfText } from '../../../actions/run-dbt/src/exception-place.ts'
import type { Inputs } from '../../../actions/run-dbt/src/inputs.ts'
import { describeStopped, openJobs } from '../../../actions/run-dbt/src/stop.ts'
import { readProject } from '../../../actions/run-dbt/src/project.ts'

let root: string
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dbt project '))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function project(files: Record<string, string>): Promise<string> {
  const folder = join(root, String(count++))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

describe('where dbt writes is told, not guessed', () => {
  it.each<[string, string, Record<string, string>, string]>([
    ['nothing', '', {}, 'target'],
    ['the project', 'target-path: "out/dbt"', {}, 'out/dbt'],
    ['a variable', 'target-path: out', { DBT_TARGET_PATH: 'elsewhere' }, 'elsewhere'],
    ["the engine's variable", '', { DBT_ENGINE_TARGET_PATH: 'e', DBT_TARGET_PATH: 'f' }, 'e'],
    ['an empty variable', 'target-path: out', { DBT_TARGET_PATH: '' }, 'out'],
    ['a template', 'target-path: "{{ env_var(\'TARGET_FOLDER\') }}"', { TARGET_FOLDER: 'x' }, 'target'],
  ])('%s says it', async (_, line, environment, folder) => {
    const projectDir = await project({ 'dbt_project.yml': `name: told\n${line}\n` })
    const inputs = { projectDir, projectPath: 'told', target: 'ci' } as Inputs
    expect((await readProject(inputs, environment)).targetPath).toBe(join(projectDir, folder))
  })
})

describe("an error's place", () => {
  // As dbt 1.11 says it.
  it.each<[string, Record<string, string>, string, { file: string; line?: number } | undefined]>([
    [
      'a reference to nothing',
      { 'models/sub/b.sql': 'select 1 as id\n\nfrom {{ ref("nope") }}\n' },
      "TargetNotFoundError: Compilation Error\n  Model 'model.tiny.b' (models/sub/b.sql) depends on a node named 'nope' which was not found",
      { file: 'models/sub/b.sql', line: 3 },
    ],
    [
      'YAML that is none',
      { 'models/s.yml': 'models:\n  - name: a\n    columns:\n     - name: x\n      bad: [\n' },
      'YamlLoadError: Parsing Error\n  Error reading tiny: s.yml - Runtime Error\n    Syntax error near line 5\n    ------------------------------\n    2  |   - name: a',
      { file: 'models/s.yml', line: 5 },
    ],
    [
      'a variable that is not set',
      { 'models/b.sql': 'select 1 as id\n\n, {{ env_var("NOPE_X") }}\n' },
      "EnvVarMissingError: Parsing Error\n  Env var required but not provided: 'NOPE_X'",
      { file: 'models/b.sql', line: 3 },
    ],
    [
      'Jinja that does not close',
      { 'models/b.sql': 'select 1 as id\n\n, {{ 1 + }}\n' },
      "CompilationError: Compilation Error in model b (models/b.sql)\n  unexpected 'end of print statement'\n    line 3\n      , {{ 1 + }}",
      { file: 'models/b.sql', line: 3 },
    ],
    [
      'YAML of a package that has a file of the same name',
      { 'models/schema.yml': 'models:\n  - name: a\n' },
      'YamlLoadError: Parsing Error\n  Error reading dbt_utils: schema.yml - Runtime Error\n    Syntax error near line 2',
      undefined,
    ],
    [
      'a model of a package that has a file of the same name',
      { 'models/b.sql': 'select 1 as id\nfrom {{ ref("nope") }}\n' },
      "TargetNotFoundError: Compilation Error\n  Model 'model.shop.b' (models/b.sql) depends on a node named 'nope' which was not found",
      undefined,
    ],
    [
      'a file outside the project',
      {},
      'CompilationError: Compilation Error in model b (../../../etc/passwd.sql)',
      undefined,
    ],
  ])('%s', async (_, files, text, place) => {
    expect(await placeOfText(text, await project(files), 'tiny')).toEqual(place)
  })
})

describe('the queries of a cancelled run', () => {
  it('are those that were begun and did not end, the newest first, whatever a killed process left half', () => {
    expect(
      openJobs('{"begun": "a"}\n{"begun": "b"}\n{"ended": "a"}\n{"begun": "c"}\n{"ended": "z"}\n{"beg'),
    ).toEqual(['c', 'b'])
    expect(openJobs('')).toEqual([])
  })
  it('are called stopped only when BigQuery said so', () => {
    const place = { projectId: 'payer', location: 'EU' }
    expect(describeStopped({ stopped: 0, left: [] }, place)).toBe('no query of it runs any more')
    expect(describeStopped({ stopped: 2, left: [] }, place)).toBe('2 queries of it were stopped')
    expect(describeStopped({ stopped: 1, left: ['j'] }, place)).toBe(
      '1 query may run on, because BigQuery did not confirm the end; stop with bq --project_id=payer --location=EU cancel j',
    )
  })
})
