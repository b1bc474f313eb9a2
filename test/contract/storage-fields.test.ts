/**
 * Every field of Google's that a body for the local Storage may hold is used or refused: sent alone, it may not be
 * answered with success and stand in no answer.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { ensureChecks } from '../../local/toolchain/index.ts'
import {
  caller,
  mediaPath,
  multipart,
  multipartPath,
  objectPath,
  startStorage,
  type Call,
} from '../local/storage/support.ts'
import type { TestCloud } from '../support/cloud.ts'
import { findDocuments, type Document } from './discovery-documents.ts'
import { single } from './single-fields.ts'

type Body = Record<string, unknown>
let cloud: TestCloud
let schemas: Document['schemas']
beforeAll(async () => {
  const documents = findDocuments((await ensureChecks(() => undefined)).python)
  schemas = (JSON.parse(readFileSync(join(documents, 'storage.v1.json'), 'utf8')) as Document).schemas
  // What a sweep sends is no client's: the contract's record is of clients.
  process.env.LOCAL_CLOUD_RECORD = ''
  cloud = await startStorage()
  await call('POST', mediaPath('one'), { body: 'one' })
}, 600_000)
afterAll(() => cloud?.close())
const call = caller(() => cloud)

/** Not among what the pages of Bucket and Object call writable; clients send it back with what they read. */
const ANSWERED = new Set(
  `id kind selfLink mediaLink etag generation metageneration owner size componentCount timeCreated updated timeDeleted
  timeStorageClassUpdated timeFinalized softDeleteTime hardDeleteTime restoreToken retentionExpirationTime`.split(
    /\s+/,
  ),
)
/** Where a writable field may stand without an effect: the address "overrides" it; a hash is Google's unless content comes. */
const IDLE: Readonly<Record<string, readonly string[]>> = {
  rewrite: ['name', 'bucket', 'md5Hash', 'crc32c'],
  patch: ['md5Hash', 'crc32c'],
  update: ['md5Hash', 'crc32c'],
  compose: ['md5Hash', 'crc32c'],
}
let count = 0
const rows: [
  string,
  string,
  string,
  string,
  (part: Body) => Parameters<Call>[2],
  (answer: any) => unknown,
][] = [
  [
    'Bucket',
    'insert',
    'POST',
    '/storage/v1/b?project=caec-local',
    (part) => ({ body: { name: `swept-${count++}`, ...part } }),
    (bucket) => bucket,
  ],
  [
    'Bucket',
    'patch',
    'PATCH',
    '/storage/v1/b/caec-local-raw',
    (part) => ({ body: part }),
    (bucket) => bucket,
  ],
  [
    'Object',
    'upload',
    'POST',
    multipartPath,
    (part) => multipart(JSON.stringify({ name: 'three', ...part }), 'three'),
    (object) => object,
  ],
  ['Object', 'patch', 'PATCH', objectPath('one'), (part) => ({ body: part }), (object) => object],
  ['Object', 'update', 'PUT', objectPath('one'), (part) => ({ body: part }), (object) => object],
  [
    'Object',
    'rewrite',
    'POST',
    `${objectPath('one')}/rewriteTo/b/caec-local-staging/o/two`,
    (part) => ({ body: part }),
    ({ resource }) => resource,
  ],
  [
    'ComposeRequest',
    'compose',
    'POST',
    `${objectPath('all')}/compose`,
    (part) => ({ body: { sourceObjects: [{ name: 'one' }], ...part } }),
    (destination) => ({ destination }),
  ],
]
/** Whether the answer holds what was asked for. */
const isShown = (asked: unknown, answer: unknown): boolean =>
  typeof asked === 'object' && asked !== null
    ? Object.entries(asked).every(([name, value]) => isShown(value, (answer as Body | undefined)?.[name]))
    : String(asked) === String(answer)
const nameOf = (part: unknown): string => {
  const [[name, inner] = ['', undefined]] = Object.entries(part as object)
  return ['destination', 'sourceObjects', '0'].includes(name) ? nameOf(inner) : name
}

it.each(rows)('no field of a %s is ignored by %s', async (schema, verb, method, path, optionsOf, shown) => {
  // Which the sweep of an upload made; as a source of others it shall be missing.
  await call('DELETE', objectPath('x'))
  const ignored: unknown[] = []
  let taken = 0
  for (const part of single({ $ref: schema }, schemas, 4) as Generator<Body>) {
    if (ANSWERED.has(nameOf(part)) || IDLE[verb]?.includes(nameOf(part))) continue
    const answer = await call(method, path, optionsOf(part))
    expect([401, 403]).not.toContain(answer.status)
    if (answer.status >= 300) continue
    if (isShown(part, shown(answer.json))) taken++
    else ignored.push(part)
  }
  expect(ignored).toEqual([])
  expect(taken).toBeGreaterThan(0)
})
