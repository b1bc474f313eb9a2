/** The document that `bq` is built from describes each BigQuery method of the local cloud: what it lacks would be an error of Python's, not a refusal. */
import { expect, it } from '@jest/globals'
import { startTestCloud } from '../support/cloud.ts'

interface Described {
  readonly id: string
  readonly httpMethod: string
  readonly path: string
}

it('describes the methods that are served, with their paths', async () => {
  const cloud = await startTestCloud()
  try {
    const answer = await fetch(`${cloud.origin}/$discovery/rest?version=v2`)
    const document = (await answer.json()) as {
      resources: Record<string, { methods: Record<string, Described> }>
    }
    const described = Object.values(document.resources).flatMap(({ methods }) => Object.values(methods))
    const base = '/bigquery/v2/'
    const served = cloud.cloud.methods.filter(
      ({ id, path }) => id.startsWith('bigquery.') && path.startsWith(base),
    )
    // A table's policy is asked for by the name of the resource, which is the rest of the path.
    const resource = 'projects/{projectId}/datasets/{datasetId}/tables/{tableId}'
    expect(
      described
        .map(({ id, httpMethod, path }) => `${id} ${httpMethod} ${path.replace('{+resource}', resource)}`)
        .sort(),
    ).toEqual(
      served
        .filter(({ path }) => !/\/upload\/|\/v2\/bigquery\//.test(path))
        .map(({ id, method, path }) => `${id} ${method} ${path.slice(base.length)}`)
        .sort(),
    )
    expect((await fetch(`${cloud.origin}/$discovery/rest?version=v1`)).status).toBe(404)
  } finally {
    await cloud.close()
  }
})
