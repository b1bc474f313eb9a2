/** The rights of all identities as one table: each row names exactly those who may. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.close())

const project = { name: 'projects/caec-local', type: 'cloudresourcemanager.googleapis.com/Project', service: 'cloudresourcemanager.googleapis.com' }
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
const batch = { name: 'projects/caec-local/locations/us-central1/batches/b', type: 'dataproc.googleapis.com/Batch', service: 'dataproc.googleapis.com' }
const environment = {
  name: 'projects/caec-local/locations/us-central1/environments/caec',
  type: 'composer.googleapis.com/Environment',
  service: 'composer.googleapis.com',
}

const everyone: readonly Persona[] = ['ops', 'data-eng', 'analyst', 'spark', 'composer', 'dbt', 'ci-plan', 'ci-test', 'ci-deploy']
/** Each row names exactly the identities that may; everyone else may not. */
const table_: { what: string; permission: string; resource: Parameters<TestCloud['cloud']['access']['allows']>[2]; who: readonly Persona[] }[] = [
  { what: 'read raw events', permission: 'storage.objects.get', resource: object('raw', 'events/e.csv'), who: ['data-eng', 'spark', 'composer'] },
  { what: 'write raw events', permission: 'storage.objects.create', resource: object('raw', 'events/e.csv'), who: ['data-eng'] },
  { what: 'read the lake', permission: 'storage.objects.get', resource: object('lake', 'sessionized/p'), who: ['data-eng', 'spark', 'composer', 'dbt'] },
  { what: 'write the lake', permission: 'storage.objects.delete', resource: object('lake', 'sessionized/p'), who: ['data-eng', 'spark'] },
  { what: 'stage code', permission: 'storage.objects.create', resource: object('staging', 'code/x.py'), who: ['data-eng', 'spark', 'composer', 'ci-deploy'] },
  { what: 'replace staged code', permission: 'storage.objects.delete', resource: object('staging', 'code/x.py'), who: ['data-eng', 'spark', 'composer'] },
  { what: 'deploy a DAG', permission: 'storage.objects.create', resource: object('dags', 'dags/x.py'), who: ['data-eng', 'composer', 'ci-deploy'] },
  { what: 'replace a plugin', permission: 'storage.objects.create', resource: object('dags', 'plugins/x.py'), who: ['data-eng', 'composer'] },
  { what: 'write beside the folder', permission: 'storage.objects.create', resource: object('dags', 'dags-evil/x.py'), who: ['data-eng', 'composer'] },
  { what: 'list the DAG folder', permission: 'storage.objects.list', resource: bucket('dags', 'dags/'), who: ['data-eng', 'composer', 'ci-plan', 'ci-deploy'] },
  { what: 'list the whole DAG bucket', permission: 'storage.objects.list', resource: bucket('dags'), who: ['data-eng', 'composer'] },
  { what: 'list plugins', permission: 'storage.objects.list', resource: bucket('dags', 'plugins/'), who: ['data-eng', 'composer'] },
  { what: 'change a bucket policy', permission: 'storage.buckets.setIamPolicy', resource: bucket('raw'), who: [] },
  { what: 'submit a batch', permission: 'dataproc.batches.create', resource: batch, who: ['data-eng', 'composer', 'ci-deploy'] },
  { what: 'cancel a batch', permission: 'dataproc.operations.cancel', resource: batch, who: ['ops', 'data-eng', 'composer', 'ci-deploy'] },
  { what: 'act as the Spark account', permission: 'iam.serviceAccounts.actAs', resource: account('spark'), who: ['data-eng', 'composer', 'ci-deploy'] },
  { what: 'act as the data engineer', permission: 'iam.serviceAccounts.actAs', resource: account('data-eng'), who: [] },
  { what: 'take a token of ci-deploy', permission: 'iam.serviceAccounts.getAccessToken', resource: account('ci-deploy'), who: [] },
  { what: 'run Airflow commands', permission: 'composer.environments.executeAirflowCommand', resource: environment, who: ['ops', 'data-eng', 'ci-deploy'] },
  { what: 'run a query', permission: 'bigquery.jobs.create', resource: project, who: ['data-eng', 'analyst', 'composer', 'dbt', 'ci-plan', 'ci-test', 'ci-deploy'] },
  { what: 'create a dataset', permission: 'bigquery.datasets.create', resource: project, who: ['data-eng', 'ci-test'] },
  { what: 'read raw tables', permission: 'bigquery.tables.getData', resource: table('raw'), who: ['data-eng', 'composer', 'dbt', 'ci-test'] },
  { what: 'write facts', permission: 'bigquery.tables.updateData', resource: table('analytics'), who: ['data-eng', 'composer', 'dbt'] },
  { what: 'read facts', permission: 'bigquery.tables.getData', resource: table('analytics'), who: ['data-eng', 'composer', 'dbt', 'ci-plan', 'ci-deploy'] },
  { what: 'authorize views', permission: 'bigquery.datasets.setIamPolicy', resource: dataset('analytics'), who: ['data-eng', 'ci-deploy'] },
  { what: 'share the raw dataset', permission: 'bigquery.datasets.setIamPolicy', resource: dataset('raw'), who: [] },
  { what: 'publish a view', permission: 'bigquery.tables.create', resource: table('insights'), who: ['data-eng', 'ci-deploy'] },
  { what: 'read the views', permission: 'bigquery.tables.getData', resource: table('insights'), who: ['data-eng', 'analyst', 'ci-plan', 'ci-deploy'] },
  { what: 'do anything in another project', permission: 'bigquery.jobs.create', resource: { ...project, name: 'projects/someone-else' }, who: [] },
  { what: 'use a permission no role has', permission: 'bigquery.tables.doAnything', resource: table('insights'), who: [] },
]

describe('access.yaml', () => {
  it.each(table_)('lets exactly the right identities $what', ({ permission, resource, who }) => {
    const {
      access,
      identity,
      environment: { serviceAccounts },
    } = cloud.cloud
    expect(everyone.filter((name) => access.allows(identity.principalOf(serviceAccounts[name]!), permission, resource))).toEqual(
      everyone.filter((name) => who.includes(name)),
    )
  })
  it('reads legacy dataset roles as their predefined ones and knows nothing of unknown roles', () => {
    const { access } = cloud.cloud
    const answers = (role: string) =>
      ['bigquery.tables.getData', 'bigquery.tables.updateData', 'bigquery.datasets.setIamPolicy'].map((permission) => access.roleHas(role, permission))
    expect([answers('READER'), answers('WRITER'), answers('OWNER'), answers('roles/bigquery.dataViewer'), answers('roles/owner')]).toEqual([
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
      access.allows(identity.principalOf(serviceAccounts[name]!), 'bigquery.tables.updateData', table('analytics'))
    stop()
    access.allows(identity.principalOf(serviceAccounts.dbt!), 'bigquery.tables.updateData', table('analytics'))
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
        return [(error as { status: number }).status, (error as { reason: string }).reason, (error as Error).message]
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
