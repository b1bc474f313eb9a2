/** datasets.*: entries, etags, update modes, and the rights that entries give and take. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, raw, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
})
afterAll(() => cloud.close())

const viewer = { role: 'READER', userByEmail: 'caec-analyst@caec-local.iam.gserviceaccount.com' }

describe('datasets', () => {
  it('exist as the environment says, with the bindings of access.yaml as access entries under legacy role names', async () => {
    const { status, body } = await cloud.api('data-eng', 'GET', '/datasets/caec_insights')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      kind: 'bigquery#dataset',
      id: 'caec-local:caec_insights',
      location: 'us-central1',
      datasetReference: { projectId: 'caec-local', datasetId: 'caec_insights' },
    })
    expect(body.access).toContainEqual(viewer)
    expect(body.access).toContainEqual({
      role: 'WRITER',
      userByEmail: 'caec-ci-deploy@caec-local.iam.gserviceaccount.com',
    })
  })

  it('are listed only to those who may see them', async () => {
    const names = async (persona: 'analyst' | 'data-eng') =>
      (await cloud.api(persona, 'GET', '/datasets')).body.datasets.map(
        (d: any) => d.datasetReference.datasetId,
      )
    expect(await names('analyst')).toEqual(['caec_insights'])
    expect(await names('data-eng')).toEqual(['caec_analytics', 'caec_insights', 'caec_raw'])
  })

  it('answer 404 when missing and 403 with the missing permission when hidden', async () => {
    expect((await cloud.api('data-eng', 'GET', '/datasets/nothing')).body.error).toMatchObject({
      code: 404,
      message: 'Not found: Dataset caec-local:nothing',
      errors: [{ reason: 'notFound' }],
    })
    expect((await cloud.api('analyst', 'GET', '/datasets/caec_raw')).body.error).toMatchObject({
      code: 403,
      errors: [{ reason: 'accessDenied' }],
      message:
        'Access Denied: Dataset caec-local:caec_raw: Permission bigquery.datasets.get denied on dataset caec-local:caec_raw (or it may not exist).',
    })
    expect((await cloud.api('analyst', 'GET', '/../other/datasets/caec_raw')).status).toBe(404)
  })

  it("are created with Google's default entries, once", async () => {
    const wanted = { datasetReference: { datasetId: 'fresh' }, labels: { team: 'a' }, description: 'new' }
    const { status, body } = await cloud.api('data-eng', 'POST', '/datasets', wanted)
    expect(status).toBe(200)
    expect(body).toMatchObject({ description: 'new', labels: { team: 'a' }, location: 'us-central1' })
    expect(body.access).toContainEqual({
      role: 'OWNER',
      userByEmail: 'caec-data-eng@caec-local.iam.gserviceaccount.com',
    })
    expect((await cloud.api('data-eng', 'POST', '/datasets', wanted)).body.error).toMatchObject({
      code: 409,
      message: 'Already Exists: Dataset caec-local:fresh',
      errors: [{ reason: 'duplicate' }],
    })
    expect(
      (await cloud.api('analyst', 'POST', '/datasets', { datasetReference: { datasetId: 'mine' } })).body
        .error.message,
    ).toBe(
      'Access Denied: Project caec-local: User does not have bigquery.datasets.create permission in project caec-local.',
    )
    expect(
      (await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'a-b' } })).status,
    ).toBe(400)
  })

  it('patch keeps what is not named, removes labels by null, and gives a new etag', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', {
      datasetReference: { datasetId: 'patched' },
      labels: { a: '1', b: '2' },
      description: 'old',
    })
    const before = (await cloud.api('data-eng', 'GET', '/datasets/patched')).body
    const { body } = await cloud.api('data-eng', 'PATCH', '/datasets/patched', {
      labels: { a: null, c: '3' },
    })
    expect(body).toMatchObject({ labels: { b: '2', c: '3' }, description: 'old' })
    expect(body.labels).not.toHaveProperty('a')
    expect(body.access).toEqual(before.access)
    expect(body.etag).not.toBe(before.etag)
    expect(Number(body.lastModifiedTime)).toBeGreaterThan(Number(before.lastModifiedTime))
  })

  it('refuse a change under an old etag with 412 and leave everything as it was', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'guarded' } })
    const { etag } = (await cloud.api('data-eng', 'GET', '/datasets/guarded')).body
    expect(
      (
        await cloud.api(
          'data-eng',
          'PATCH',
          '/datasets/guarded',
          { description: 'first' },
          { 'if-match': etag },
        )
      ).status,
    ).toBe(200)
    const late = await cloud.api(
      'data-eng',
      'PATCH',
      '/datasets/guarded',
      { description: 'second' },
      { 'if-match': etag },
    )
    expect(late.body.error).toMatchObject({ code: 412, errors: [{ reason: 'conditionNotMet' }] })
    expect((await cloud.api('data-eng', 'GET', '/datasets/guarded')).body.description).toBe('first')
  })

  it('let exactly one of many concurrent patches under one etag through', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'raced' } })
    const { etag } = (await cloud.api('data-eng', 'GET', '/datasets/raced')).body
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        cloud.api('data-eng', 'PATCH', '/datasets/raced', { description: `n${n}` }, { 'if-match': etag }),
      ),
    )
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412, 412, 412, 412, 412])
  })

  it('ask for the permission of the update mode: ACL alone needs setIamPolicy only, metadata needs update only', async () => {
    const modes = async (persona: 'ci-deploy' | 'dbt', mode: string) =>
      (await cloud.api(persona, 'PATCH', `/datasets/caec_analytics?updateMode=${mode}`, {})).status
    expect(await modes('ci-deploy', 'UPDATE_ACL')).toBe(200)
    expect(await modes('ci-deploy', 'UPDATE_FULL')).toBe(200)
    expect(await modes('dbt', 'UPDATE_ACL')).toBe(403)
    expect(await modes('dbt', 'UPDATE_METADATA')).toBe(403)
    expect(
      (await cloud.api('ci-deploy', 'PATCH', '/datasets/caec_analytics?updateMode=UPDATE_EVERYTHING', {}))
        .status,
    ).toBe(400)
  })

  it('show metadata, ACL or both as asked, the ACL alone under getIamPolicy', async () => {
    const shown = async (view: string) =>
      Object.keys((await cloud.api('data-eng', 'GET', `/datasets/caec_analytics?datasetView=${view}`)).body)
    expect(await shown('METADATA')).toEqual(expect.not.arrayContaining(['access']))
    expect(await shown('ACL')).toEqual(expect.arrayContaining(['access']))
    expect(await shown('ACL')).toEqual(expect.not.arrayContaining(['location']))
    expect(await shown('FULL')).toEqual(expect.arrayContaining(['access', 'location']))
  })

  it('ignore access in UPDATE_METADATA and refuse conditions, bad roles and unknown views by name', async () => {
    const before = (await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body.access
    await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics?updateMode=UPDATE_METADATA', {
      access: [],
      description: 'd',
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body.access).toEqual(before)
    const refused = async (entry: unknown) =>
      (await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { access: [entry] })).body.error
    expect(
      await refused({ role: 'READER', userByEmail: 'x@example.com', condition: { expression: 'true' } }),
    ).toMatchObject({
      code: 501,
      errors: [{ reason: 'notImplemented' }],
    })
    expect((await refused({ role: 'KING', userByEmail: 'x@example.com' })).code).toBe(400)
    expect((await refused({ role: 'READER' })).code).toBe(400)
    expect(await refused({ view: raw('no_view') })).toMatchObject({
      code: 404,
      message: 'Not found: Table caec-local:caec_raw.no_view',
    })
  })

  it('give rights by their entries, and take away with the entry what access.yaml gave through it', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'shared' } })
    expect((await cloud.api('analyst', 'GET', '/datasets/shared')).status).toBe(403)
    const { access } = (await cloud.api('data-eng', 'GET', '/datasets/shared')).body
    await cloud.api('data-eng', 'PATCH', '/datasets/shared', {
      access: [...access, { role: 'roles/bigquery.dataViewer', userByEmail: viewer.userByEmail }],
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/shared')).body.access).toContainEqual(viewer)
    expect((await cloud.api('analyst', 'GET', '/datasets/shared')).status).toBe(200)

    const own = (await cloud.api('data-eng', 'GET', '/datasets/caec_raw')).body
    const rest = own.access.filter(
      (entry: any) => entry.userByEmail !== 'caec-dbt@caec-local.iam.gserviceaccount.com',
    )
    expect((await cloud.api('dbt', 'GET', '/datasets/caec_raw')).status).toBe(200)
    await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'own2' } })
    const shared = (await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body.access
    expect(shared.length).toBeGreaterThan(0)
    expect(rest.length).toBe(own.access.length - 1)
    // Only ci-deploy and data-eng may change entries, and only of caec_analytics.
    const without = shared.filter(
      (entry: any) => entry.userByEmail !== 'caec-dbt@caec-local.iam.gserviceaccount.com',
    )
    expect((await cloud.api('dbt', 'GET', '/datasets/caec_analytics')).status).toBe(200)
    await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { access: without })
    expect((await cloud.api('dbt', 'GET', '/datasets/caec_analytics')).status).toBe(403)
    await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { access: shared })
    expect((await cloud.api('dbt', 'GET', '/datasets/caec_analytics')).status).toBe(200)
  })

  it('are deleted only when empty, or with their contents', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'doomed' } })
    await cloud.api('data-eng', 'POST', '/datasets/doomed/tables', {
      tableReference: { tableId: 't' },
      schema: { fields: [{ name: 'a', type: 'INT64' }] },
    })
    expect((await cloud.api('data-eng', 'DELETE', '/datasets/doomed')).body.error).toMatchObject({
      code: 400,
      message: 'Dataset caec-local:doomed is still in use',
      errors: [{ reason: 'resourceInUse' }],
    })
    expect((await cloud.api('data-eng', 'DELETE', '/datasets/doomed?deleteContents=true')).status).toBe(204)
    expect((await cloud.api('data-eng', 'GET', '/datasets/doomed')).status).toBe(404)
  })

  it('survive a restart with their entries', async () => {
    const { body } = await cloud.api('data-eng', 'GET', '/datasets/shared')
    await cloud.cloud.close()
    cloud = await openBigQuery({ stateDir: cloud.stateDir })
    const after = (await cloud.api('data-eng', 'GET', '/datasets/shared')).body
    expect({ ...after, selfLink: '' }).toEqual({ ...body, selfLink: '' })
  })
})
