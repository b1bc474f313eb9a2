/** The store as the other rooms use it: same rights, same commit, files that hold exactly the bytes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import type { ObjectStore } from '../../../local/cloud/storage/object-store.ts'
import type { TestCloud } from '../../support/cloud.ts'
import { bucket, caller, mediaPath, objectPath, startStorage } from './support.ts'

let cloud: TestCloud
let objects: ObjectStore
beforeAll(async () => {
  cloud = await startStorage()
  objects = cloud.cloud.storage.objects
})
afterAll(() => cloud.close())
const call = caller(() => cloud)
const as = (persona: string) =>
  cloud.cloud.identity.principalOf(cloud.cloud.environment.serviceAccounts[persona]!)

describe('ObjectStore', () => {
  it('shows over HTTP what it put, and the other way round', async () => {
    const { generation } = await objects.put(as('data-eng'), bucket, 'store/put', 'text', 'text/plain')
    expect((await call('GET', objectPath('store/put'))).json).toMatchObject({
      generation,
      contentType: 'text/plain',
      size: '4',
    })
    await call('POST', mediaPath('store/http'), { body: 'over http' })
    const stat = await objects.stat(as('spark'), bucket, 'store/http')
    expect(await readFile(stat!.path, 'utf8')).toBe('over http')
    expect((await objects.list(as('spark'), bucket, 'store/')).map(({ name, size }) => [name, size])).toEqual(
      [
        ['store/http', 9],
        ['store/put', 4],
      ],
    )
  })

  it('keeps the file of a replaced object readable for its reader', async () => {
    await objects.put(as('data-eng'), bucket, 'store/old', 'old', 'text/plain')
    const { path } = (await objects.stat(as('data-eng'), bucket, 'store/old'))!
    await objects.put(as('data-eng'), bucket, 'store/old', 'new', 'text/plain')
    expect(await readFile(path, 'utf8')).toBe('old')
  })

  it('answers undefined for a missing object and 404 for a missing bucket', async () => {
    expect(await objects.stat(as('spark'), bucket, 'store/none')).toBeUndefined()
    await expect(objects.stat(as('spark'), 'no-such-bucket', 'x')).rejects.toMatchObject({
      status: 404,
      reason: 'notFound',
    })
  })

  it('denies as the HTTP methods do', async () => {
    await expect(objects.stat(as('analyst'), bucket, 'store/put')).rejects.toMatchObject({ status: 403 })
    await expect(objects.list(as('analyst'), bucket, '')).rejects.toMatchObject({ status: 403 })
    await expect(objects.put(as('spark'), bucket, 'store/x', 'x', 'text/plain')).rejects.toMatchObject({
      status: 403,
    })
    await expect(objects.put(as('analyst'), bucket, 'store/put', 'x', 'text/plain')).rejects.toMatchObject({
      status: 403,
    })
  })
})
