/** Python models: where they run, when they cannot, and what dbt is told of it. */
import { expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import type { Observed } from '../../../actions/run-dbt/src/observe.ts'
import { planRun } from '../../../actions/run-dbt/src/plan.ts'
import { pythonProfile, readPythonPlace, whyNoPython } from '../../../actions/run-dbt/src/python-models.ts'
import { renderProfiles } from '../../../actions/run-dbt/src/profile.ts'
import { describeNode } from '../../../actions/run-dbt/src/results.ts'
import { thrownBy } from '../../support/thrown.ts'
import { observed } from './observed.ts'

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

it('with bigframes are barred where the shipped lock installs dbt, and say so when the client is not there', () => {
  const values: Record<string, string> = { commands: 'build', dataset: 'd', location: 'EU', ...all }
  const inputs = parseInputs(
    createInputs((name) => values[name] ?? ''),
    { workspace: '/w' } as RunContext,
  )
  const planned = (dbt: Partial<Observed['dbt']>) => {
    const [command] = inputs.commands
    const result = { isSuccess: true, exitCode: 0, seconds: 1, nodes: [] }
    const python = [
      { name: 'frames', isBigFrames: true },
      { name: 'spark', isBigFrames: false },
    ]
    const seen = { command: command!, result, costs: [], compared: [], hooks: [], python }
    const preview = { exitCode: 0, results: '/r', queries: 0, placed: [], commands: [seen] }
    return planRun(
      inputs,
      { ...observed, dbt: { ...observed.dbt, ...dbt }, preview },
      { projectId: 'p', endpoints: { overrides: [] } },
    ).steps.flatMap((step) => (step.kind === 'python-model' ? [`${step.target} ${step.reason}`] : []))
  }
  const batch = 'spark a Dataproc batch in europe-west1, as spark@a-project.iam.gserviceaccount.com'
  expect(planned({ kind: 'install' })).toEqual([
    expect.stringMatching(/^frames will fail: .*google-cloud-aiplatform.*input requirements/),
    batch,
  ])
  const notebook = 'frames a notebook of Vertex AI in europe-west1'
  expect(planned({ kind: 'use' })).toEqual([notebook, batch])
  expect(planned({ kind: 'install', lock: { file: '/l', text: 'x' } as never })).toEqual([notebook, batch])

  const manifest = { nodes: { 'model.shop.m': { name: 'm', language: 'python' } } }
  const told = (message: string) =>
    describeNode({ unique_id: 'model.shop.m', status: 'error', message }, manifest).message
  expect(told("No module named 'google.cloud.aiplatform'")).toMatch(/give a lock .* as input requirements/)
  expect(told("cannot import name 'aiplatform_v1' from 'google.cloud' (x)")).toContain(
    'as input requirements',
  )
  expect(told("No module named 'pandas'")).toBe("No module named 'pandas'")
})
