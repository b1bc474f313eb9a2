/**
 * The deploy-dags bundle before a storage that answers wrongly, late or not at all: nothing is lost, nobody is
 * blamed for it, and everything has an end.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf } from '../support/runner.ts'
import { isUpload, openDagsJob, type DagsJob } from './deploy-dags-job.ts'

let cloud: TestCloud
let job: DagsJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => job.empty())

type Fault = (request: IncomingMessage, reply: ServerResponse, body: Buffer) => Promise<boolean> | boolean
/** Storage alone goes through the proxy; `asked` is every request it saw. */
async function deployThrough(fault: Fault, inputs: Record<string, string> = {}) {
  const asked: string[] = []
  const proxy = await openProxy(cloud.origin, (request, reply, body) => {
    asked.push(`${request.method} ${request.url}`)
    return fault(request, reply, body)
  })
  try {
    const result = await job.deploy(inputs, { CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: proxy.origin })
    return { result, asked }
  } finally {
    proxy.close()
  }
}

/** Does the work, then lets `spoil` answer in the cloud's place. */
async function afterTheWork(
  request: IncomingMessage,
  body: Buffer,
  spoil: (answer: { status: number; text: string }) => void,
): Promise<true> {
  const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...headers } = request.headers
  delete headers['content-length']
  const answer = await fetch(new URL(request.url ?? '/', cloud.origin), {
    method: request.method,
    headers: headers as Record<string, string>,
    body: body.length === 0 ? undefined : new Uint8Array(body),
  })
  spoil({ status: answer.status, text: await answer.text() })
  return true
}
const PAGE = '<!DOCTYPE html><title>Sign in to the network</title>'
const asPage = (reply: ServerResponse) => reply.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
const spoils: [string, (request: IncomingMessage, reply: ServerResponse, text: string) => void][] = [
  ['the connection broke', (request) => request.socket.destroy()],
  ['a late 503', (_request, reply) => reply.writeHead(503).end('late')],
  ['a web page with 200', (_request, reply) => asPage(reply)],
  ['nothing with 200', (_request, reply) => reply.writeHead(200).end()],
  [
    'half an answer',
    (request, reply, text) => {
      reply.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
      reply.write(text.slice(0, 20))
      setTimeout(() => request.socket.destroy(), 50)
    },
  ],
  [
    'another checksum',
    (_request, reply, text) =>
      reply
        .writeHead(200, { 'content-type': 'application/json' })
        .end(text.replace(/"crc32c": ?"[^"]*"/, '"crc32c":"AAAAAA=="')),
  ],
]

describe('an answer that is lost or spoilt after the work was done', () => {
  it.each(spoils)('is looked up: %s', async (_name, spoil) => {
    await job.put('dags/same.py', 'S = 1\n')
    await job.write({ 'old.py': 'A = 1\n', 'gone.py': 'B = 1\n', 'changed.py': 'C = 1\n' })
    expect((await job.deploy()).exitCode).toBe(0)
    await rm(join(job.workspace, 'dags/gone.py'))
    await job.write({ 'changed.py': 'C = 2\n', 'new.py': 'D = 1\n', 'same.py': 'S = 1\n' })
    const spoilt = new Set<string>()
    const { result, asked } = await deployThrough((request, reply, body) => {
      const what = `${request.method} ${request.url}`
      if (request.method === 'GET' || spoilt.has(what)) return false
      spoilt.add(what)
      return afterTheWork(request, body, ({ text }) => spoil(request, reply, text))
    })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.outputs).toMatchObject({ uploaded: '2', deleted: '1' })
    expect(await job.names()).toEqual(['dags/changed.py', 'dags/new.py', 'dags/old.py', 'dags/same.py'])
    expect(await job.contentOf('dags/changed.py')).toBe('C = 2\n')
    expect((await job.objects()).map(({ metadata }) => metadata?.['clickstream-owner'])).toEqual(
      Array(4).fill('octo/clicks'),
    )
    // Only what is gone from the source is ever deleted, at its generation.
    for (const request of asked.filter((line) => line.startsWith('DELETE')))
      expect(request).toMatch(/gone\.py\?ifGenerationMatch=\d+$/)
    expect((await job.deploy()).outputs).toMatchObject({ uploaded: '0', deleted: '0', unchanged: '4' })
  })

  it('of every hundredth request leaves 500 files whole, in one run', async () => {
    const names = Array.from({ length: 500 }, (_, n) => `m/f${n}.py`)
    await job.write(Object.fromEntries(names.map((name, n) => [name, `N = ${n}\n`])))
    let [count, lost] = [0, 0]
    const { result } = await deployThrough(
      (request, _reply, body) => {
        count += 1
        if (count % 100 !== 50) return false
        lost += 1
        return afterTheWork(request, body, () => request.socket.destroy())
      },
      { 'keep-records': '0' },
    )
    expect([result.exitCode, errorOf(result), result.outputs.uploaded]).toEqual([0, '', '500'])
    expect(lost).toBeGreaterThanOrEqual(5)
    expect(await job.names()).toEqual(names.map((name) => `dags/${name}`).sort())
    const again = await job.deploy({ 'keep-records': '0' })
    expect(again.outputs).toMatchObject({ uploaded: '0', unchanged: '500' })
  })

  it('is no licence: what somebody else wrote meanwhile stays, and is called a conflict', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    await job.deploy()
    await job.write({ 'one.py': 'A = 2\n' })
    let isFirst = true
    const { result } = await deployThrough(async (request, reply) => {
      if (!isUpload(request) || !isFirst) return false
      isFirst = false
      await job.put('dags/one.py', 'A = "theirs"\n')
      reply.writeHead(503).end('late')
      return true
    })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining('somebody changed it')])
    expect(await job.contentOf('dags/one.py')).toBe('A = "theirs"\n')
  })
})

describe('an answer that is not Google’s and hides nothing', () => {
  it('is no success for an upload, and deletes nothing', async () => {
    await job.write({ 'one.py': 'A = 1\n', 'gone.py': 'B = 1\n' })
    await job.deploy()
    await job.write({ 'one.py': 'A = 2\n' })
    await rm(join(job.workspace, 'dags/gone.py'))
    const { result, asked } = await deployThrough((request, reply) => {
      if (!isUpload(request)) return false
      asPage(reply)
      return true
    })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(/the answer \(200\) is not Google's: it is a web page[\s\S]*#not-google/),
    ])
    expect(asked.filter((line) => line.startsWith('DELETE'))).toEqual([])
    expect(await job.names()).toEqual(['dags/gone.py', 'dags/one.py'])
    expect(await job.contentOf('dags/one.py')).toBe('A = 1\n')
  })

  it('is no success for a deletion', async () => {
    await job.write({ 'one.py': 'A = 1\n', 'gone.py': 'B = 1\n' })
    await job.deploy()
    await rm(join(job.workspace, 'dags/gone.py'))
    const { result } = await deployThrough((request, reply) => {
      if (request.method !== 'DELETE') return false
      asPage(reply)
      return true
    })
    expect([result.exitCode, result.outputs.deleted, errorOf(result)]).toEqual([
      1,
      '0',
      expect.stringContaining("is not Google's"),
    ])
    expect(await job.names()).toContain('dags/gone.py')
  })

  it('is no empty folder in a dry run', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    const { result } = await deployThrough(
      (_request, reply) => {
        asPage(reply)
        return true
      },
      { 'dry-run': 'true' },
    )
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(/the answer \(200\) is not Google's: it is a web page/),
    ])
  })

  it('is no empty folder where it is nothing at all: the listing is asked for again', async () => {
    await job.write({ 'one.py': 'A = 1\n' })
    await job.deploy()
    const emptied = new Set<string>()
    const { result } = await deployThrough((request, reply) => {
      const what = request.url ?? ''
      if (emptied.has(what)) return false
      emptied.add(what)
      reply.writeHead(200).end()
      return true
    })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.outputs).toMatchObject({ uploaded: '0', unchanged: '1' })
    expect(emptied.size).toBeGreaterThan(0)
  })

  it('is not followed to another place', async () => {
    const elsewhere: string[] = []
    const other = await openProxy(cloud.origin, (request) => {
      elsewhere.push(`${request.method} ${request.url}`)
      return false
    })
    await job.write({ 'one.py': 'A = 1\n' })
    const { result } = await deployThrough((request, reply) => {
      reply.writeHead(307, { location: `${other.origin}${request.url}` }).end()
      return true
    })
    other.close()
    expect(result.exitCode).toBe(1)
    expect(elsewhere).toEqual([])
  })
})

describe('a storage that fails for good', () => {
  it('ends the deployment after the first file that used up its tries', async () => {
    await job.write(
      Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}.py`, `A = ${index}\n`])),
    )
    const { result, asked } = await deployThrough((request, reply) => {
      if (!isUpload(request)) return false
      reply.writeHead(503).end('no')
      return true
    })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringMatching(/insert on \S+: 503/)])
    // The sixteen that are on their way; none of the other 44 files is begun.
    const begun = new Set(asked.filter((line) => /^POST .*name=dags%2F/.test(line)))
    expect(begun.size).toBeLessThanOrEqual(16)
    expect(result.summary).toContain('<td>not reached</td>')
  })
})

describe('many and large files', () => {
  it('are listed over pages: 1,001 files twice, then 500', async () => {
    // Copies of five hundred files are none of this test's business.
    const deploy = (inputs = {}) => job.deploy({ 'keep-records': '0', ...inputs })
    const many = Array.from({ length: 1001 }, (_, index) => `m/f${String(index).padStart(4, '0')}.py`)
    await job.write(Object.fromEntries(many.map((name) => [name, `N = '${name}'\n`])))
    expect((await deploy()).outputs).toMatchObject({ uploaded: '1001' })
    // That there is nothing to do is known from one listing alone.
    const { result, asked } = await deployThrough(() => false, { 'keep-records': '0' })
    expect(result.outputs).toMatchObject({ uploaded: '0', unchanged: '1001' })
    const lists = asked.map((line) => /^GET .*\/o\?.*prefix=([a-z-]+)/.exec(line)?.[1] ?? line)
    expect(lists.sort()).toEqual(['dags', 'dags'])
    await Promise.all(many.slice(500).map((name) => rm(join(job.workspace, 'dags', name))))
    const refused = await deploy()
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(/501 of 1001 deployed files would be deleted[\s\S]*max-delete-percent: 51/),
    ])
    expect((await deploy({ 'max-delete-percent': '51' })).outputs).toMatchObject({
      deleted: '501',
      unchanged: '500',
    })
    expect((await job.names()).length).toBe(500)
  }, 120_000)

  it('go up whole with their credentials: 9 MB at another endpoint', async () => {
    const data = Buffer.alloc(9_000_000, 'x')
    await job.write({ 'data/large.bin': data })
    const { result } = await deployThrough(() => false)
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect((await job.contentOf('dags/data/large.bin')).length).toBe(9_000_000)
  })
})

describe('the ignore file', () => {
  it('tells Data/ from data/, as the bucket does', async () => {
    await job.write({ 'data/deep.py': 'A = 1\n', 'one.py': 'B = 1\n' })
    await job.deploy()
    await job.write({ '.gcloudignore': 'Data/\n' })
    const result = await job.deploy()
    expect([errorOf(result), result.outputs.deleted]).toEqual(['', '0'])
    expect(await job.names()).toEqual(['dags/data/deep.py', 'dags/one.py'])
  })
})
