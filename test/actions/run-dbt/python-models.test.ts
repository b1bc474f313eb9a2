/** Python models: where they run, when they cannot, and what dbt is told of it. */
import { expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { pythonProfile, readPythonPlace, whyNoPython } from '../../../actions/run-dbt/src/python-models.ts'
import { renderProfiles } from '../../../actions/run-dbt/src/profile.ts'
import { thrownBy } from '../../support/thrown.ts'

const all = {
  'dataproc-region': 'europe-west1',
  'dataproc-bucket': 'b-staging',
  'dataproc-service-account': 'spark@a-project.iam.gserviceaccount.com',
}
const read = (given: Record<string, string>) => readPythonPlace(createInputs((name) => given[name] ?? ''))
const place = read(all)!
const google = { projectId: 'p', endpoints: { overrides: [] } }
const elsewhere = {
  projectId: 'p',
  endpoints: { overrides: [{ api: 'dataproc', root: 'http://127.0.0.1:1' }] },
}

it('have a whole place or none', () => {
  expect(read({})).toBeUndefined()
  expect(place).toEqual({
    region: 'europe-west1',
    bucket: 'b-staging',
    serviceAccount: 'spark@a-project.iam.gserviceaccount.com',
  })
  for (const [name, value] of [
    ['dataproc-region', ''],
    ['dataproc-region', 'EU'],
    ['dataproc-bucket', 'gs://b'],
    ['dataproc-service-account', 'me@example.com'],
  ] as const)
    expect(thrownBy(() => read({ ...all, [name]: value }))).toMatchObject({
      code: 'INPUT',
      message: expect.stringContaining(`Reading input ${name}:`),
    })
})

it('do not run without a place, nor where dbt would go elsewhere', () => {
  expect(whyNoPython(place, google)).toBeUndefined()
  expect(whyNoPython(undefined, google)).toContain('do not say where')
  expect(whyNoPython(place, elsewhere)).toContain("goes to Google's own")
})

it('are told to dbt with account, staging, labels and an end', () => {
  expect(pythonProfile(place, 60, { 'managed-by': 'run-dbt' })).toEqual({
    submission_method: 'serverless',
    dataproc_region: 'europe-west1',
    gcs_bucket: 'b-staging',
    dataproc_batch: {
      labels: { 'managed-by': 'run-dbt' },
      environment_config: {
        execution_config: {
          service_account: 'spark@a-project.iam.gserviceaccount.com',
          staging_bucket: 'b-staging',
          ttl: '600s',
        },
      },
    },
  })
})

it('are in the profile only where they can run', () => {
  const inputs = {
    location: 'EU',
    threads: 1,
    target: 'ci',
    warehouse: { priority: 'interactive', executionProject: '' },
    impersonate: '',
    python: place,
  } as const
  expect(renderProfiles(inputs, 'd', 'caec', google)).toContain('"gcs_bucket": "b-staging"')
  expect(renderProfiles(inputs, 'd', 'caec', elsewhere)).not.toMatch(/gcs_bucket|dataproc/)
})
