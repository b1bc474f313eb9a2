import { describe, expect, it } from '@jest/globals'
import { fileOf, locate, readImportErrors } from '../../../actions/deploy-dags/src/import-errors.ts'

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
  it('belong to the deployed file with the longest matching path', () => {
    expect(fileOf({ filepath: '/home/airflow/gcs/dags/team/a.py', error: '' }, ['a.py', 'team/a.py'])).toBe(
      'team/a.py',
    )
    expect(fileOf({ filepath: 'xa.py', error: '' }, ['a.py'])).toBeUndefined()
  })
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
