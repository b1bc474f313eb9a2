/**
 * kill -9 in the middle of uploads: nothing acknowledged is lost, nothing half is shown, a resumable upload
 * goes on after the restart.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bucket, mediaPath, objectPath, resumablePath } from './support.ts'

interface Running {
  readonly child: ChildProcess
  readonly origin: string
  readonly token: string
}
let stateDir: string
let running: Running

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'crash '))
  running = await serve()
})
afterEach(async () => {
  await kill()
  await rm(stateDir, { recursive: true, force: true })
})

async function serve(): Promise<Running> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) }
  throw new Error('the cloud did not start')
}

async function kill(): Promise<void> {
  if (running.child.exitCode !== null || running.child.signalCode !== null) return
  running.child.kill('SIGKILL')
  await once(running.child, 'exit')
}

const request = (method: string, path: string, init: RequestInit = {}) =>
  fetch(new URL(path, running.origin), {
    ...init,
    method,
    headers: { ...init.headers, authorization: `Bearer ${running.token}` },
  })

describe('kill -9', () => {
  it('loses no acknowledged object and shows no half object', async () => {
    const acknowledged = new Map<string, Buffer>()
    const attempted = new Map<string, Buffer[]>()
    for (let round = 0; round < 4; round++) {
      const writers = Array.from({ length: 6 }, (_, writer) =>
        write(`w${writer}`, round, acknowledged, attempted),
      )
      // Something is acknowledged first, however slow the machine; then any moment is as good.
      const before = [...acknowledged.values()]
      for (let tries = 0; tries < 3_000; tries++) {
        if ([...acknowledged.values()].filter((content) => !before.includes(content)).length > 1) break
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await new Promise((resolve) => setTimeout(resolve, randomInt(40, 250)))
      await kill()
      await Promise.all(writers)
      running = await serve()
      for (const [name, contents] of attempted) {
        const answer = await request('GET', `${objectPath(name)}?alt=media`)
        const content = answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : undefined
        const last = acknowledged.get(name)
        if (last) expect(content).toBeDefined()
        // The last attempt may have been written just before the kill, without an answer; anything older than
        // the acknowledged one may not come back.
        const allowed = contents.slice(last ? contents.indexOf(last) : 0)
        if (content) expect(allowed.some((each) => each.equals(content))).toBe(true)
      }
    }
    expect(acknowledged.size).toBeGreaterThan(5)
    const { items } = (await (await request('GET', `/storage/v1/b/${bucket}/o?prefix=w`)).json()) as {
      items: { name: string }[]
    }
    expect(items.map((item) => item.name)).toEqual([...items.map((item) => item.name)].sort())
  })

  it('continues a resumable upload where the persisted quanta end, and knows a finished one', async () => {
    const quantum = 256 * 1024
    const data = randomBytes(3 * quantum + 77)
    const start = await request('POST', resumablePath('resumed'), { body: '{}' })
    const session = new URL(start.headers.get('location')!)
    const put = (range: string, body: Buffer) =>
      request('PUT', session.pathname + session.search, {
        headers: { 'content-range': range },
        body: new Uint8Array(body),
      })
    expect((await put(`bytes 0-${2 * quantum - 1}/*`, data.subarray(0, 2 * quantum))).status).toBe(308)
    await kill()
    running = await serve()
    const status = await put('bytes */*', Buffer.alloc(0))
    expect([status.status, status.headers.get('range')]).toEqual([308, `bytes=0-${2 * quantum - 1}`])
    const done = await put(
      `bytes ${2 * quantum}-${data.length - 1}/${data.length}`,
      data.subarray(2 * quantum),
    )
    const { generation } = (await done.json()) as { generation: string }
    await kill()
    running = await serve()
    const again = await put(`bytes */${data.length}`, Buffer.alloc(0))
    expect([again.status, ((await again.json()) as { generation: string }).generation]).toEqual([
      200,
      generation,
    ])
    const read = await request('GET', `${objectPath('resumed')}?alt=media`)
    expect(Buffer.from(await read.arrayBuffer()).equals(data)).toBe(true)
  })

  it('cuts off a torn last line and sweeps contents that no line names', async () => {
    for (const name of ['kept', 'torn']) await request('POST', mediaPath(name), { body: name })
    await kill()
    const journal = join(stateDir, 'storage', 'journal.ndjson')
    await truncate(journal, (await readFile(journal)).length - 10)
    running = await serve()
    expect((await request('GET', `${objectPath('kept')}?alt=media`)).status).toBe(200)
    expect((await request('GET', objectPath('torn'))).status).toBe(404)
    const files = await readdir(join(stateDir, 'storage', 'blobs'), { recursive: true, withFileTypes: true })
    expect(files.filter((entry) => entry.isFile()).length).toBe(1)
  })

  it('refuses to start on a journal that is damaged in the middle, naming file and line', async () => {
    await kill()
    const journal = join(stateDir, 'storage', 'journal.ndjson')
    const lines = (await readFile(journal, 'utf8')).split('\n').length - 1
    await appendFile(journal, 'not json\n[]\n')
    const child = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), stateDir], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    const errors = (await child.stderr.toArray()).join('')
    expect(errors).toContain(`journal.ndjson:${lines + 1} is damaged`)
  })
})

/** Keeps overwriting one name until the server is gone. */
async function write(
  name: string,
  round: number,
  acknowledged: Map<string, Buffer>,
  attempted: Map<string, Buffer[]>,
): Promise<void> {
  for (let count = 0; ; count++) {
    const own = `${name}/${count % 3}`
    const content = Buffer.concat([Buffer.from(`${round}/${count}/`), randomBytes(randomInt(0, 400_000))])
    attempted.set(own, [...(attempted.get(own) ?? []), content])
    try {
      const answer = await request('POST', mediaPath(own), { body: new Uint8Array(content) })
      await answer.arrayBuffer()
      if (answer.status === 200) acknowledged.set(own, content)
    } catch {
      return
    }
  }
}
