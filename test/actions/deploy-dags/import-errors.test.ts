import { describe, expect, it } from '@jest/globals'
import { fileOf, locate, readDags, readImportErrors } from '../../../actions/deploy-dags/src/import-errors.ts'

const trace =
  'Traceback (most recent call last):\n  File "/usr/lib/importlib.py", line 228, in x\n  File "/home/airflow/gcs/dags/team/broken.py", line 3, in <module>\n    import nowhere\nModuleNotFoundError: No module named \'nowhere\''

describe('import errors', () => {
  it.each([
    [
      'after log lines',
      ['[2026-03-01T00:00:00] {dagbag.py:588} INFO - Filling up', '[{"filepath": "/d/a.py", "error": "E"}]'],
      [{ filepath: '/d/a.py', error: 'E' }],
    ],
    [
      'of Airflow 3',
      [JSON.stringify([{ bundle_name: 'dags-folder', filepath: 'a.py', error: 'E' }])],
      [{ filepath: 'a.py', error: 'E' }],
    ],
    [
      'over several lines',
      ['log', '[', '  {"filepath": "a.py", "error": "E"}', ']'],
      [{ filepath: 'a.py', error: 'E' }],
    ],
    [
      'of another bundle of Airflow 3, whose paths are its own',
      [JSON.stringify([{ bundle_name: 'marketing', filepath: 'a.py', error: 'E' }])],
      [{ filepath: 'bundle marketing: a.py', error: 'E' }],
    ],
    ['as an empty list', ['log', '[]'], []],
    ['as a sentence', ['No data found'], []],
    [
      'with log lines after',
      ['[{"filepath": "a.py", "error": "E"}]', 'bye'],
      [{ filepath: 'a.py', error: 'E' }],
    ],
  ])('are read %s', (_name, lines, expected) => expect(readImportErrors(lines)).toEqual(expected))
  it.each([[['Traceback', 'sqlalchemy.exc.OperationalError']], [[]], [['[not json']], [['[{"other": 1}]']]])(
    'are not invented from %j',
    (lines) => expect(readImportErrors(lines)).toBeUndefined(),
  )
  it.each([
    ['/home/airflow/gcs/dags/team/a.py', 'team/a.py'],
    ['/opt/files/dags/team/a.py', 'team/a.py'],
    ['a.py', 'a.py'],
    ['team_b/a.py', undefined],
    ['/home/airflow/gcs/dags/team_b/a.py', undefined],
    ['xa.py', undefined],
    ['bundle marketing: a.py', undefined],
    ['pack.zip/inside.py', 'pack.zip'],
    ['/home/airflow/gcs/dags/pack.zip/deep/inside.py', 'pack.zip'],
    ['other.zip/a.py', undefined],
  ])('of %s belong to %s', (filepath, file) =>
    expect(fileOf(filepath, new Set(['a.py', 'team/a.py', 'pack.zip']))).toBe(file),
  )
  it('are placed at the last line of the traceback inside the file', () => {
    expect(locate({ filepath: 'team/broken.py', error: trace }, 'team/broken.py')).toEqual({
      line: 3,
      message: "ModuleNotFoundError: No module named 'nowhere'",
    })
    expect(locate({ filepath: 'x.py', error: 'broken' }, 'x.py')).toEqual({
      line: undefined,
      message: 'broken',
    })
  })
})

describe('the list of DAGs', () => {
  it('is read with the time of the last parse, in the forms of Airflow 3, 2 and before', () => {
    expect(
      readDags([
        '[{"dag_id": "a", "fileloc": "/d/dags/a.py", "last_parsed_time": "2026-03-01T00:00:00+00:00"}]',
      ]),
    ).toEqual([{ filepath: '/d/dags/a.py', parsedMs: Date.UTC(2026, 2, 1) }])
    expect(readDags(['[{"dag_id": "a", "filepath": "a.py"}]'])).toEqual([{ filepath: 'a.py', parsedMs: NaN }])
    const twice = ['dags-folder', 'marketing'].map((bundle_name) => ({ fileloc: 'a.py', bundle_name }))
    expect(readDags([JSON.stringify(twice)])?.map(({ filepath }) => filepath)).toEqual([
      'a.py',
      'bundle marketing: a.py',
    ])
    expect(readDags(['No data found'])).toEqual([])
    expect(readDags(['usage: airflow dags list'])).toBeUndefined()
  })
})
