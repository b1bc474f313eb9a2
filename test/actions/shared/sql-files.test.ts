/** SQL files on disk: both layouts, variables, metadata beside a file, and what is refused with one sentence. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { readSqlFiles } from '../../../actions/_shared/sql-files.ts'
import { fillIn, parseVariables } from '../../../actions/_shared/sql-variables.ts'
import { thrownBy } from '../../support/thrown.ts'

const VIEWS = { noun: 'view', leaves: ['view'] }
let workspace: string
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'sql-files-'))
})
afterEach(() => rm(workspace, { recursive: true, force: true }))

async function read(files: Record<string, string>, variables = {}, layout: object = VIEWS) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(workspace, 'v', name)), { recursive: true })
    await writeFile(path.join(workspace, 'v', name), text)
  }
  const source = { workspace, sourceDir: path.join(workspace, 'v'), source: 'v', variables }
  return readSqlFiles(source, 'p', layout as typeof VIEWS)
}
const refusal = async (...given: Parameters<typeof read>): Promise<string> =>
  (await read(...given).then(
    () => undefined,
    (error: unknown) => error as Error,
  ))!.message

describe('readSqlFiles', () => {
  it('says where the dataset or the name in it is a variable', async () => {
    const files = await read({ '${env}_out/a.sql': 'SELECT 1', 'out/${env}.sql': 'SELECT 1' }, { env: 'dev' })
    expect(
      files.map(({ name, hasVariableDataset, hasVariableName }) => [
        ...[name.datasetId, hasVariableDataset, hasVariableName],
      ]),
    ).toEqual([
      ['dev_out', true, undefined],
      ['out', undefined, true],
    ])
  })
  it('finds both layouts beside each other, and the metadata beside a file', async () => {
    const files = await read({
      'a/flat.sql': 'SELECT 1',
      'a/view.sql': 'SELECT 2',
      'a/folder/view.sql': 'SELECT 3\n',
      'b/über-1/view.sql': '\ufeffSELECT 4',
      'b/über-1/metadata.yaml': 'description: x',
    })
    expect(
      files.map(({ name, file, sql, metadata }) => [name.datasetId, name.tableId, file, sql, metadata]),
    ).toEqual([
      ['a', 'flat', 'v/a/flat.sql', 'SELECT 1', undefined],
      ['a', 'folder', 'v/a/folder/view.sql', 'SELECT 3', undefined],
      ['a', 'view', 'v/a/view.sql', 'SELECT 2', undefined],
      [
        'b',
        'über-1',
        'v/b/über-1/view.sql',
        'SELECT 4',
        { file: 'v/b/über-1/metadata.yaml', text: 'description: x' },
      ],
    ])
  })

  it('takes the names that BigQuery takes', async () => {
    const files = await read({ 'a/monthly orders.sql': 'SELECT 1', 'a/2024–orders.sql': 'SELECT 1' })
    expect(files.map(({ name }) => name.tableId)).toEqual(['2024–orders', 'monthly orders'])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'another file name in the folder of a view',
      { 'a/x/query.sql': 'SELECT 1' },
      /v\/a\/x\/query\.sql is not named <dataset>\/<view>\.sql or <dataset>\/<view>\/view\.sql\.$/,
    ],
    ['too deep', { 'a/b/c/view.sql': 'SELECT 1' }, /v\/a\/b\/c\/view\.sql is not named/],
    [
      'one view twice',
      { 'a/x.sql': 'SELECT 1', 'a/x/view.sql': 'SELECT 1' },
      /v\/a\/x\/view\.sql makes a\.x, and so does v\/a\/x\.sql\.$/,
    ],
    [
      'metadata of nothing',
      { 'a/x.sql': 'SELECT 1', 'a/metadata.yaml': '' },
      /v\/a\/metadata\.yaml is read for no view: metadata\.yaml stands beside view\.sql/,
    ],
    [
      'metadata with another ending',
      { 'a/x/view.sql': 'SELECT 1', 'a/x/metadata.yml': '' },
      /v\/a\/x\/metadata\.yml is read for no view/,
    ],
    ['an empty file', { 'a/x/view.sql': '\n' }, /v\/a\/x\/view\.sql is empty/],
  ])('refuses %s', async (_what, files, message) => {
    expect(await refusal(files)).toMatch(message)
  })

  it('refuses links, metadata included', async () => {
    await mkdir(path.join(workspace, 'v/a/x'), { recursive: true })
    await symlink('/etc/hostname', path.join(workspace, 'v/a/x/metadata.yaml'))
    expect(await refusal({ 'a/x/view.sql': 'SELECT 1' })).toBe(
      'Reading the views: v/a/x/metadata.yaml is a link or no regular file.',
    )
  })

  it('knows one layout only where an action says no other', async () => {
    expect(await refusal({ 'a/x/table.sql': 'CREATE TABLE a.x (b INT64)' }, {}, { noun: 'table' })).toMatch(
      /is not named <dataset>\/<table>\.sql\.$/,
    )
  })
})

describe('variables', () => {
  const given = (text: string) => createInputs((name) => (name === 'variables' ? text : ''))

  it('are put in before anything is read, in metadata as well, and $${ is a literal', async () => {
    const [file] = await read(
      {
        'a/x/view.sql': 'SELECT \'$${not}\' AS a, "${e}" AS b FROM `${project}.${e}_raw`.t -- ${e}',
        'a/x/metadata.yaml': 'labels: {env: ${e}}',
      },
      parseVariables(given('project = my-project\ne=dev')),
    )
    expect([file!.sql, file!.metadata!.text]).toEqual([
      'SELECT \'${not}\' AS a, "dev" AS b FROM `my-project.dev_raw`.t -- dev',
      'labels: {env: dev}',
    ])
  })

  it('may stand in a path: the same files make views in the dataset of each environment', async () => {
    const files = await read(
      { '${insights}/a.sql': 'SELECT 1', '${insights}/${p}b/view.sql': 'SELECT 2' },
      { insights: 'insights_dev', p: 'x_' },
    )
    expect(files.map(({ name, file }) => [name.datasetId, name.tableId, file])).toEqual([
      ['insights_dev', 'x_b', 'v/${insights}/${p}b/view.sql'],
      ['insights_dev', 'a', 'v/${insights}/a.sql'],
    ])
    expect(await refusal({ '${insights}/a.sql': 'SELECT 1' }, {})).toContain('asks for ${insights}')
    expect(await refusal({ '${insights}/a.sql': 'SELECT 1' }, { insights: 'a.b', p: '' })).toContain(
      'is not named',
    )
    expect(
      await refusal({ 'x/a.sql': 'SELECT 1', '${insights}/a.sql': 'SELECT 1' }, { insights: 'x', p: '' }),
    ).toContain('makes x.a, and so does v/${insights}/a.sql')
  })

  it('that nobody gave are named with their places, all in one sentence', async () => {
    expect(
      await refusal(
        { 'a/x.sql': 'SELECT\n${one}', 'a/y.sql': '-- ${two}\nSELECT 1, ${ three }' },
        { two: '2' },
      ),
    ).toBe(
      'Reading the views: v/a/x.sql:2 asks for ${one}; v/a/y.sql:2 has a ${ that begins no ${name}; write $${ for the two signs; the input variables gives two, add a line name=value.',
    )
  })

  it('cannot name what every object has', () => {
    expect(fillIn('${constructor} ${__proto__}', 'f', {}).wrong).toHaveLength(2)
  })

  it.each([
    "a'b",
    'a"b',
    'a`b',
    'a\\b',
    'a b',
    'a--b',
    '-a',
    'a-',
    'a;b',
    '${x}',
    'a/*',
    '#',
    'a(b)',
    'x\u2028y',
    'ü',
  ])('may not hold %j', (value) => {
    expect(thrownBy(() => parseVariables(given(`name=${value}`)))).toMatchObject({
      code: 'INPUT',
      message: expect.stringMatching(/^Reading input variables: /),
    })
  })

  it.each(['', 'a', 'my-project', 'example.com:my-project', '2026-01-31', 'a.b.c', '_x', '1.5'])(
    'may hold %j',
    (value) => {
      expect(parseVariables(given(`name=${value}`))).toEqual({ name: value })
    },
  )

  it.each(['1a=x', 'a-b=x', 'a.b=x', 'noequals', 'a=1\na=2'])('refuses the line %j', (line) => {
    expect(thrownBy(() => parseVariables(given(line)))).toMatchObject({ code: 'INPUT' })
  })
})
