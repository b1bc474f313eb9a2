import { describe, expect, it } from '@jest/globals'
import { airflowIgnore } from '../../../actions/deploy-dags/src/airflow-ignore.ts'
import { readingOf } from '../../../actions/deploy-dags/src/airflow-reading.ts'
import { ignoreCases } from './airflow-ignore-cases.ts'

describe('airflowIgnore', () => {
  it.each(ignoreCases.map((one) => [`${one.syntax}: ${one.name}`, one] as const))(
    '%s',
    (_name, { ignores, syntax, files, seen }) => {
      const isHidden = airflowIgnore(new Map(Object.entries(ignores)), syntax)
      expect(files.filter((name) => !isHidden(name)).sort()).toEqual(seen)
    },
  )
})

describe('readingOf', () => {
  it.each([
    ['composer-3-airflow-3.3.1-build.2', {}, 'glob', true],
    ['composer-2.9.7-airflow-2.9.3', {}, 'regexp', true],
    ['composer-2.9.7-airflow-2.9.3', { 'core-dag_ignore_file_syntax': 'glob' }, 'glob', true],
    ['composer-3-airflow-3.3.1', { 'core-dag_ignore_file_syntax': 'regexp' }, 'regexp', true],
    ['composer-3-airflow-3.3.1', { 'core-dag_discovery_safe_mode': 'False' }, 'glob', false],
  ])('%s with %j', (imageVersion, airflowConfig, ignoreSyntax, isSafeMode) =>
    expect(readingOf({ imageVersion, airflowConfig: airflowConfig })).toMatchObject({
      ignoreSyntax,
      isSafeMode,
    }),
  )
})
