/** The requests the Hadoop connector makes, byte by byte as recorded, and the answers it relies on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import type { TestCloud } from '../../support/cloud.ts'
import { bucket, caller, mediaPath, objectPath, reasonOf, resumablePath, startStorage } from './support.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startStorage()
})
afterAll(() => cloud.close())
const call = caller(() => cloud)

const quantum = 256 * 1024
const send = (location: string, range: string, body: string | Buffer = '') =>
  call('PUT', location, { body: Buffer.from(body), headers: { 'content-range': range } })
const open = async (name: string, query = '') => {
  const answer = await call('POST', resumablePath(name, query), {
    body: {},
    headers: { 'x-upload-content-type': 'application/octet-stream' },
  })
  expect(answer.status).toBe(200)
  return answer.headers.get('location')!
}

describe('resumable uploads', () => {
  it('answers 308 with the range, 200 at the last chunk, and 200 to a status query afterwards', async () => {
    const location = await open('r/two-chunks', '&ifGenerationMatch=0')
    const first = await send(location, `bytes 0-${quantum - 1}/*`, Buffer.alloc(quantum, 1))
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${quantum - 1}`])
    const last = await send(location, `bytes ${quantum}-${quantum + 2}/${quantum + 3}`, 'end')
    expect([last.status, last.json.size]).toEqual([200, String(quantum + 3)])
    const status = await send(location, `bytes */${quantum + 3}`)
    expect([status.status, status.json.generation]).toEqual([200, last.json.generation])
  })

  it('makes an empty object from bytes */0', async () => {
    const answer = await send(await open('r/empty'), 'bytes */0')
    expect([answer.status, answer.json.size, answer.json.md5Hash]).toEqual([
      200,
      '0',
      '1B2M2Y8AsgTpgAmY7PhCfg==',
    ])
  })

  it('answers 308 without a range when nothing is persisted yet', async () => {
    const answer = await send(await open('r/nothing'), 'bytes */*')
    expect([answer.status, answer.headers.get('range')]).toEqual([308, null])
  })

  it('keeps whole quanta only and takes a chunk that overlaps them', async () => {
    const location = await open('r/overlap')
    const data = Buffer.concat([Buffer.alloc(quantum, 'a'), Buffer.from('tail')])
    const partial = await send(location, `bytes 0-${data.length - 1}/*`, data)
    expect(partial.headers.get('range')).toBe(`bytes=0-${quantum - 1}`)
    const last = await send(location, `bytes 0-${data.length - 1}/${data.length}`, data)
    expect([last.status, last.json.size]).toEqual([200, String(data.length)])
    expect((await call('GET', `${objectPath('r/overlap')}?alt=media`)).text).toBe(data.toString())
  })

  it('refuses a gap, a body of another length and an unreadable Content-Range', async () => {
    const location = await open('r/wrong')
    expect((await send(location, `bytes ${quantum}-${quantum + 1}/*`, 'xx')).status).toBe(400)
    expect((await send(location, 'bytes 0-9/10', 'short')).json.error.message).toMatch(
      /There were 5 byte\(s\).*There should have been 10 byte/,
    )
    expect((await send(location, 'bytes zero', 'x')).json.error.message).toMatch(
      /Failed to parse Content-Range/,
    )
    expect((await call('GET', objectPath('r/wrong'))).status).toBe(404)
  })

  it('judges the precondition when the object is made, not only when the session opens', async () => {
    const location = await open('r/race', '&ifGenerationMatch=0')
    await call('POST', mediaPath('r/race'), { body: 'other' })
    const answer = await send(location, 'bytes 0-3/4', 'mine')
    expect([answer.status, reasonOf(answer)]).toEqual([412, 'conditionNotMet'])
    expect((await call('GET', `${objectPath('r/race')}?alt=media`)).text).toBe('other')
  })

  it('answers 499 to a cancelled session and 404 to an unknown one', async () => {
    const location = await open('r/cancelled')
    expect((await call('DELETE', location)).status).toBe(499)
    expect((await send(location, 'bytes 0-0/1', 'x')).status).toBe(499)
    expect((await send(`${resumablePath('x')}&upload_id=unknown`, 'bytes */*')).status).toBe(404)
    expect(
      (await fetch(`${cloud.origin}${resumablePath('x')}&upload_id=unknown`, { method: 'PUT' })).status,
    ).toBe(401)
  })
})

describe('directories', () => {
  beforeAll(async () => {
    for (const name of ['d/', 'd/a', 'd/sub/', 'd/sub/x', 'd/z'])
      await call('POST', mediaPath(name), { body: name })
  })

  it('creates an empty directory marker once, by multipart', async () => {
    const body = [
      '--__END_OF_PART__',
      'Content-Length: 43',
      'Content-Type: application/json; charset=UTF-8',
      'content-transfer-encoding: binary',
      '',
      JSON.stringify({ bucket, contentType: 'application/octet-stream', name: 'marker/' }),
      '--__END_OF_PART__',
      'Content-Length: 0',
      'Content-Type: application/octet-stream',
      'content-transfer-encoding: binary',
      '',
      '',
      '--__END_OF_PART__--',
      '',
    ].join('\r\n')
    const headers = { 'content-type': 'multipart/related; boundary=__END_OF_PART__' }
    const path = `/upload/storage/v1/b/${bucket}/o?ifGenerationMatch=0&uploadType=multipart`
    expect((await call('POST', path, { body, headers })).json).toMatchObject({ name: 'marker/', size: '0' })
    expect((await call('POST', path, { body, headers })).status).toBe(412)
  })

  it('lists a directory as the connector asks: trailing delimiter, selected fields', async () => {
    const query =
      'delimiter=/&includeTrailingDelimiter=true&maxResults=5000&prefix=d/&fields=items(name,size),prefixes,nextPageToken'
    expect((await call('GET', `/storage/v1/b/${bucket}/o?${query}`)).json).toEqual({
      prefixes: ['d/sub/'],
      items: [
        { name: 'd/', size: '2' },
        { name: 'd/a', size: '3' },
        { name: 'd/sub/', size: '6' },
        { name: 'd/z', size: '3' },
      ],
    })
  })

  it('gives the same entries one per page', async () => {
    const seen: string[] = []
    let token = ''
    do {
      const { json } = await call(
        'GET',
        `/storage/v1/b/${bucket}/o?delimiter=/&includeTrailingDelimiter=true&maxResults=1&prefix=d/&pageToken=${encodeURIComponent(token)}`,
      )
      seen.push(
        ...(json.prefixes ?? []).map((name: string) => `prefix ${name}`),
        ...(json.items ?? []).map((item: { name: string }) => item.name),
      )
      token = json.nextPageToken
    } while (token)
    expect(seen).toEqual(['d/', 'd/a', 'prefix d/sub/', 'd/sub/', 'd/z'])
  })

  it('refuses a page token it did not make', async () => {
    expect((await call('GET', `/storage/v1/b/${bucket}/o?pageToken=%00%00`)).status).toBe(400)
  })
})

describe('reading', () => {
  beforeAll(async () => {
    await call('POST', mediaPath('read/ten'), {
      body: '0123456789',
      headers: { 'content-type': 'text/plain' },
    })
  })

  it('answers an open range of one generation with 206 on the download address', async () => {
    const { generation } = (await call('GET', objectPath('read/ten'))).json
    const path = `/download/storage/v1/b/${bucket}/o/read%2Ften?alt=media&generation=${generation}`
    const answer = await call('GET', path, { headers: { range: 'bytes=4-' } })
    expect([answer.status, answer.text, answer.headers.get('content-range')]).toEqual([
      206,
      '456789',
      'bytes 4-9/10',
    ])
    expect(answer.headers.get('x-goog-generation')).toBe(generation)
    expect(answer.headers.get('x-goog-hash')).toBe('crc32c=KAwGng==,md5=eB5eJF1ptWaXm4bijSPyxw==')
    expect((await call('GET', path.replace(generation, '1'))).status).toBe(404)
  })

  it.each([
    ['bytes=10-', 416, ''],
    ['bytes=-3', 206, '789'],
    ['bytes=2-3', 206, '23'],
    ['bytes=0-0,2-2', 200, '0123456789'],
    ['bytes=5-2', 200, '0123456789'],
    ['bytes=0-99', 206, '0123456789'],
  ])('answers Range %s with %i', async (range, status, text) => {
    const answer = await call('GET', `${objectPath('read/ten')}?alt=media`, { headers: { range } })
    expect(answer.status).toBe(status)
    if (status === 416) expect(answer.headers.get('content-range')).toBe('bytes */10')
    else expect(answer.text).toBe(text)
  })

  it('answers a missing object with notFound as JSON, and as text where content was asked', async () => {
    const missing = await call('GET', `${objectPath('nope')}?fields=name`)
    expect([missing.status, missing.json.error]).toEqual([
      404,
      {
        code: 404,
        message: `No such object: ${bucket}/nope`,
        errors: [{ message: `No such object: ${bucket}/nope`, domain: 'global', reason: 'notFound' }],
      },
    ])
    expect(await call('GET', `${objectPath('nope')}?alt=media`)).toMatchObject({
      status: 404,
      text: `No such object: ${bucket}/nope`,
    })
  })

  it('unpacks stored gzip only for clients that do not take gzip', async () => {
    const packed = gzipSync('plain text')
    await call('POST', mediaPath('read/packed', '&contentEncoding=gzip'), {
      body: packed,
      headers: { 'content-type': 'text/plain' },
    })
    const plain = await call('GET', `${objectPath('read/packed')}?alt=media`, {
      headers: { 'accept-encoding': 'identity' },
    })
    expect([
      plain.text,
      plain.headers.get('x-goog-stored-content-encoding'),
      plain.headers.get('content-encoding'),
    ]).toEqual(['plain text', 'gzip', null])
    expect(
      (
        await call('GET', `${objectPath('read/packed')}?alt=media`, {
          headers: { 'accept-encoding': 'gzip' },
        })
      ).headers.get('content-encoding'),
    ).toBe('gzip')
  })
})

describe('rename and delete', () => {
  it('rewrites and moves with a body that is an empty gzip stream', async () => {
    await call('POST', mediaPath('m/from'), { body: 'content', headers: { 'content-type': 'text/x' } })
    const options = {
      body: gzipSync(''),
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/json; charset=UTF-8' },
    }
    const rewritten = await call('POST', `${objectPath('m/from')}/rewriteTo/b/${bucket}/o/m%2Fcopy`, options)
    expect(rewritten.json).toMatchObject({
      kind: 'storage#rewriteResponse',
      done: true,
      objectSize: '7',
      totalBytesRewritten: '7',
      resource: { name: 'm/copy', contentType: 'text/x' },
    })
    const moved = await call('POST', `${objectPath('m/copy')}/moveTo/o/m%2Fmoved`, options)
    expect(moved.json).toMatchObject({ name: 'm/moved', contentType: 'text/x', metageneration: '1' })
    expect((await call('GET', objectPath('m/copy'))).status).toBe(404)
  })

  it('deletes one generation only', async () => {
    const { generation } = (await call('POST', mediaPath('del'), { body: 'x' })).json
    expect((await call('DELETE', `${objectPath('del')}?ifGenerationMatch=1`)).status).toBe(412)
    expect((await call('DELETE', `${objectPath('del')}?ifGenerationMatch=${generation}`)).status).toBe(204)
    expect((await call('DELETE', objectPath('del'))).status).toBe(404)
  })

  it('answers a batch of deletes and rewrites call by call, whatever host the inner addresses name', async () => {
    for (const name of ['b/1', 'b/2']) await call('POST', mediaPath(name), { body: name })
    const inner = [
      `DELETE https://storage.googleapis.com${objectPath('b/1')} HTTP/1.1`,
      `POST http://127.0.0.1:1${objectPath('b/2')}/rewriteTo/b/${bucket}/o/b%2F3 HTTP/1.1`,
      `DELETE ${objectPath('b/none')} HTTP/1.1`,
      `GET ${objectPath('b/2')}?alt=media HTTP/1.1`,
      'GET /bigquery/v2/projects HTTP/1.1',
    ]
    const body = `${inner.map((line, index) => `--B\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\ncontent-id: ${index + 1}\r\n\r\n${line}\r\n\r\n\r\n`).join('')}--B--\r\n`
    const answer = await call('POST', '/batch/storage/v1', {
      body,
      headers: { 'content-type': 'multipart/mixed; boundary=B' },
    })
    expect(answer.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=/)
    expect(
      [...answer.text.matchAll(/Content-ID: <(response-\d)>[^]*?HTTP\/1\.1 (\d+)/g)].map((match) => [
        match[1],
        match[2],
      ]),
    ).toEqual([
      ['response-1', '204'],
      ['response-2', '200'],
      ['response-3', '404'],
      ['response-4', '400'],
      ['response-5', '400'],
    ])
    expect((await call('GET', objectPath('b/3'))).json.size).toBe('3')
  })

  it('shows the storage layout', async () => {
    expect((await call('GET', `/storage/v1/b/${bucket}/storageLayout`)).json).toEqual({
      kind: 'storage#storageLayout',
      bucket,
      location: 'US-CENTRAL1',
      locationType: 'region',
      hierarchicalNamespace: { enabled: false },
    })
  })
})
