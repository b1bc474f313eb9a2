/** View files as people write them, and what is refused in them by name. */
import { describe, expect, it } from '@jest/globals'
import { readDefinition } from '../../../actions/publish-views/src/definition.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = { projectId: 'p-1', datasetId: 'reports', tableId: 'daily' }
const read = (sql: string) => readDefinition(sql, name)

describe('readDefinition takes', () => {
  it.each<[string, string, object]>([
    ['a bare SELECT', 'SELECT 1 AS one', { query: 'SELECT 1 AS one', linesBefore: 0 }],
    ['a last semicolon and what is a comment behind it', 'SELECT 1;\n-- end', { query: 'SELECT 1' }],
    ['a semicolon inside a string', "SELECT ';' AS x", { query: "SELECT ';' AS x" }],
    ['WITH', 'WITH a AS (SELECT 1) SELECT * FROM a', { query: 'WITH a AS (SELECT 1) SELECT * FROM a' }],
    ['a query that begins with FROM', 'FROM a.b |> SELECT x', { query: 'FROM a.b |> SELECT x' }],
    [
      'a description as comment',
      '-- One row per day.\nSELECT 1',
      { description: 'One row per day.', query: '-- One row per day.\nSELECT 1' },
    ],
    ['CREATE VIEW', 'CREATE VIEW reports.daily AS SELECT 1', { query: 'SELECT 1', linesBefore: 0 }],
    [
      'CREATE OR REPLACE VIEW with a project, and its place in the file',
      'CREATE OR REPLACE VIEW `p-1.reports.daily`\nAS\nSELECT 1;',
      { query: 'SELECT 1', linesBefore: 2 },
    ],
    ['IF NOT EXISTS', 'create view if not exists `p-1`.reports.daily as select 1', { query: 'select 1' }],
    [
      'columns with descriptions',
      "CREATE VIEW reports.daily (day OPTIONS(description='The day.'), visits) AS SELECT 1",
      { columns: [{ name: 'day', description: 'The day.' }, { name: 'visits' }] },
    ],
    [
      'options',
      'CREATE VIEW reports.daily OPTIONS (description="""Per\nday""", friendly_name=r"D\\d", labels=[("team", "a"), STRUCT("tier", "1")], expiration_timestamp=TIMESTAMP "2030-01-31 00:00:00 UTC") AS SELECT 1',
      {
        description: 'Per\nday',
        friendlyName: 'D\\d',
        labels: { team: 'a', tier: '1' },
        expirationTime: String(Date.UTC(2030, 0, 31)),
      },
    ],
    [
      'a description of the header before the comment',
      '-- A comment.\nCREATE VIEW reports.daily OPTIONS (description="Options") AS SELECT 1',
      { description: 'Options' },
    ],
    [
      'options that are NULL',
      'CREATE VIEW reports.daily OPTIONS(labels=NULL) AS SELECT 1',
      { query: 'SELECT 1' },
    ],
    ['empty options', 'CREATE VIEW reports.daily OPTIONS() AS (SELECT 1)', { query: '(SELECT 1)' }],
  ])('%s', (_, sql, expected) => {
    expect(read(sql)).toMatchObject(expected)
  })
})

it('takes the name of a project of a domain, and of a view that begins with a digit', () => {
  const view = { projectId: 'example.com:proj', datasetId: 'reports', tableId: '2024_daily' }
  for (const path of ['`example.com:proj.reports.2024_daily`', 'reports.2024_daily'])
    expect(readDefinition(`CREATE VIEW ${path} AS SELECT 1`, view).query).toBe('SELECT 1')
  expect(
    thrownBy(() => readDefinition('CREATE VIEW com:proj.reports.2024_daily AS SELECT 1', view)),
  ).toBeDefined()
})

describe('readDefinition refuses', () => {
  it.each([
    ['another name', 'CREATE VIEW reports.weekly AS SELECT 1', 1, 'the path of the file says reports.daily'],
    ['another project', 'CREATE VIEW other.reports.daily AS SELECT 1', 1, 'makes other.reports.daily'],
    ['a name without dataset', 'CREATE VIEW daily AS SELECT 1', 1, 'makes daily'],
    ['two statements', 'SELECT 1;\nSELECT 2', 2, 'a second statement begins here'],
    ['a script', 'DECLARE x INT64;\nSELECT x', 1, 'expected SELECT, WITH or CREATE VIEW, found DECLARE'],
    [
      'a table',
      'CREATE OR REPLACE TABLE reports.daily AS SELECT 1',
      1,
      'expected VIEW, MATERIALIZED VIEW or FUNCTION, found TABLE',
    ],
    [
      'a function',
      'CREATE TEMP FUNCTION f() AS (1); SELECT f()',
      1,
      'what is temporary is gone after its query',
    ],
    [
      'an option it would not apply',
      'CREATE VIEW reports.daily OPTIONS(privacy_policy="x") AS SELECT 1',
      1,
      'the view option privacy_policy',
    ],
    [
      'an option of a column',
      'CREATE VIEW reports.daily (a OPTIONS(x="y")) AS SELECT 1',
      1,
      'the column option x',
    ],
    [
      'a time that moves',
      'CREATE VIEW reports.daily\nOPTIONS(expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)) AS SELECT 1',
      2,
      'counted from now changes in every run',
    ],
    [
      'its own labels',
      'CREATE VIEW reports.daily OPTIONS(labels=[("clickstream-owner", "x")]) AS SELECT 1',
      1,
      'belongs to this action',
    ],
    ['a header without query', 'CREATE VIEW reports.daily AS', 1, 'the query is missing'],
    ['comments alone', '-- nothing\n', 2, 'holds no statement'],
  ])('%s', (_, sql, line, words) => {
    expect(thrownBy(() => read(sql))).toMatchObject({ line, message: expect.stringContaining(words) })
  })
})
