/**
 * What the decision says where no request of the access matrix (test/local/access) leads: other projects,
 * unknown permissions, listeners, and the words of each refusal.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.close())

const project = {
  name: 'projects/caec-local',
  type: 'cloudresourcemanager.googleapis.com/Project',
  service: 'cloudresourcemanager.googleapis.com',
}
const bucket = (name: string, prefix?: string) => ({
  name: `projects/_/buckets/caec-local-${name}`,
  type: 'storage.googleapis.com/Bucket',
  service: 'storage.googleapis.com',
  ...(prefix === undefined ? {} : { attributes: { 'storage.googleapis.com/objectListPrefix': prefix } }),
})
const object = (bucketName: string, name: string) => ({
  name: `projects/_/buckets/caec-local-${bucketName}/objects/${name}`,
  type: 'storage.googleapis.com/Object',
  service: 'storage.googleapis.com',
})
const dataset = (name: string) => ({
  name: `projects/caec-local/datasets/caec_${name}`,
  type: 'bigquery.googleapis.com/Dataset',
  service: 'bigquery.googleapis.com',
})
const table = (name: string) => ({
  name: `projects/caec-local/datasets/caec_${name}/tables/t`,
  type: 'bigquery.googleapis.com/Table',
  service: 'bigquery.googleapis.com',
})
const account = (name: string) => ({
  name: `projects/caec-local/serviceAccounts/caec-${name}@caec-local.iam.gserviceaccount.com`,
  type: 'iam.googleapis.com/ServiceAccount',
  service: 'iam.googleapis.com',
})
const batch = {
  name: 'projects/caec-local/locations/us-central1/batches/b',
  type: 'dataproc.googleapis.com/Batch',
  service: 'dataproc.googleapis.com',
}

const everyone: readonly Persona[] = [
  'ops',
  'data-eng',
  'analyst',
  'spark',
  'eraser',
  'composer',
  'dbt',
  'ci-plan',
  'ci-test',
  'ci-deploy',
]
/** Each row names exactly the identities that may; everyone else may not. */
const table_: {
  what: string
  permission: string
  resource: Parameters<TestCloud['cloud']['access']['allows']>[2]
  who: readonly Persona[]
}[] = [
  {
    what: 'replace staged code',
    permission: 'storage.objects.delete',
    resource: object('staging', 'code/x.py'),
    who: ['data-eng', 'spark', 'eraser', 'composer'],
  },
  {
    what: 'change a bucket policy',
    permission: 'storage.buckets.setIamPolicy',
    resource: bucket('raw'),
    who: [],
  },
  {
    what: 'act as the data engineer',
    permission: 'iam.serviceAccounts.actAs',
    resource: account('data-eng'),
    who: [],
  },
  {
    what: 'take a token of ci-deploy',
    permission: 'iam.serviceAccounts.getAccessToken',
    resource: account('ci-deploy'),
    who: [],
  },
  {
    what: 'share the raw dataset',
    permission: 'bigquery.datasets.setIamPolicy',
    resource: dataset('raw'),
    who: [],
  },
  {
    what: 'do anything in another project',
    permission: 'bigquery.jobs.create',
    resource: { ...project, name: 'projects/someone-else' },
    who: [],
  },
  {
    what: 'use a permission no role has',
    permission: 'bigquery.tables.doAnything',
    resource: table('insights'),
    who: [],
  },
]

describe('access.yaml', () => {
  it.each(table_)('lets exactly the right identities $what', ({ permission, resource, who }) => {
    const {
      access,
      identity,
      environment: { serviceAccounts },
    } = cloud.cloud
    expect(
      everyone.filter((name) =>
        access.allows(identity.principalOf(serviceAccounts[name]!), permission, resource),
      ),
    ).toEqual(everyone.filter((name) => who.includes(name)))
  })
  it('reads legacy dataset roles as their predefined ones and knows nothing of unknown roles', () => {
    const { access } = cloud.cloud
    const answers = (role: string) =>
      ['bigquery.tables.getData', 'bigquery.tables.updateData', 'bigquery.datasets.setIamPolicy'].map(
        (permission) => access.roleHas(role, permission),
      )
    expect([
      answers('READER'),
      answers('WRITER'),
      answers('OWNER'),
      answers('roles/bigquery.dataViewer'),
      answers('roles/owner'),
    ]).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
      [true, false, false],
      [false, false, false],
    ])
  })
  it('tells listeners of each decision', () => {
    const {
      access,
      identity,
      environment: { serviceAccounts },
    } = cloud.cloud
    const seen: boolean[] = []
    const stop = access.onDecision(({ allowed }) => {
      seen.push(allowed)
    })
    for (const name of ['analyst', 'dbt'] as const)
      access.allows(
        identity.principalOf(serviceAccounts[name]!),
        'bigquery.tables.updateData',
        table('analytics'),
      )
    stop()
    access.allows(
      identity.principalOf(serviceAccounts.dbt!),
      'bigquery.tables.updateData',
      table('analytics'),
    )
    expect(seen).toEqual([false, true])
  })
  it("refuses in each service's own words", () => {
    const {
      access,
      identity,
      environment: { serviceAccounts },
    } = cloud.cloud
    const said = (permission: string, resource: Parameters<typeof access.allows>[2]) => {
      try {
        access.require(identity.principalOf(serviceAccounts.analyst!), permission, resource)
        return undefined
      } catch (error) {
        return [
          (error as { status: number }).status,
          (error as { reason: string }).reason,
          (error as Error).message,
        ]
      }
    }
    const who = 'caec-analyst@caec-local.iam.gserviceaccount.com'
    expect(said('storage.objects.get', object('raw', 'x'))).toEqual([
      403,
      'forbidden',
      `${who} does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).`,
    ])
    expect(said('storage.objects.list', bucket('raw'))).toEqual([
      403,
      'forbidden',
      `${who} does not have storage.objects.list access to the Google Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not exist).`,
    ])
    expect(said('bigquery.tables.get', table('raw'))).toEqual([
      403,
      'accessDenied',
      'Access Denied: Table caec-local:caec_raw.t: Permission bigquery.tables.get denied on table caec-local:caec_raw.t (or it may not exist).',
    ])
    expect(said('bigquery.datasets.get', dataset('raw'))).toEqual([
      403,
      'accessDenied',
      'Access Denied: Dataset caec-local:caec_raw: Permission bigquery.datasets.get denied on dataset caec-local:caec_raw (or it may not exist).',
    ])
    expect(said('bigquery.datasets.create', project)).toEqual([
      403,
      'accessDenied',
      'Access Denied: Project caec-local: User does not have bigquery.datasets.create permission in project caec-local.',
    ])
    expect(said('dataproc.batches.create', batch)).toEqual([
      403,
      'forbidden',
      "Permission 'dataproc.batches.create' denied on 'projects/caec-local/locations/us-central1/batches/b'",
    ])
    expect(said('bigquery.jobs.create', project)).toBeUndefined()
  })
})
