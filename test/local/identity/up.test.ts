/** The commands as processes: one JSON line, clean end, killed state, taken port, wrong options. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot } from '../../support/cloud.ts'

let state: string
const children: ChildProcess[] = []
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'up state '))
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(state, { recursive: true, force: true })
})

function command(...args: string[]) {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(repoRoot, 'local/cli.ts'), ...args],
    {
      cwd: state,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  children.push(child)
  const text = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    text.stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const ready = async () => {
    while (!text.stdout.endsWith('}\n'))
      if (
        await Promise.race([
          ended.then(() => true),
          new Promise<false>((resolve) => {
            setTimeout(resolve, 20, false)
          }),
        ])
      )
        throw new Error(text.stderr)
    return JSON.parse(text.stdout.trim().split('\n').at(-1)!) as {
      url: string
      project: string
      projectNumber: string
      state: string
      env: Record<string, string>
      personas: Record<string, string>
    }
  }
  return { child, text, ended, ready }
}

describe('up', () => {
  it('says where it is in one line of JSON and ends cleanly on a signal, again and again on one state', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { child, ready, ended } = command('up', '--state', state)
      const said = await ready()
      expect(said).toMatchObject({
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        project: 'caec-local',
        projectNumber: '100000000001',
        state,
      })
      expect(said.env.GOOGLE_APPLICATION_CREDENTIALS).toBe(said.personas['data-eng'])
      expect((await fetch(`${said.url}/v1/projects/-/serviceAccounts/x/allowedLocations`)).status).toBe(401)
      child.kill(signal)
      expect(await ended).toBe(0)
    }
  })
  it('starts on the state of a process that was killed', async () => {
    const first = command('up', '--state', state)
    const said = await first.ready()
    const token = await subjectToken(said.personas.ops!)
    first.child.kill('SIGKILL')
    await first.ended
    const second = await command('up', '--state', state).ready()
    expect(token).toMatch(/^ey/)
    expect(await subjectToken(second.personas.ops!)).toMatch(/^ey/)
  })
  it('says in one sentence that the state is in use', async () => {
    await command('up', '--state', state).ready()
    const second = command('up', '--state', state)
    expect(await second.ended).toBe(1)
    expect(second.text.stderr).toMatch(/^.* is in use by another process \(local cloud, pid \d+\)[^\n]*\n$/)
    expect(second.text.stdout).toBe('')
  })
  it('says in one sentence that the port is taken, and leaves the state free', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { ended, text } = command('up', '--state', state, '--port', String(port))
    expect(await ended).toBe(1)
    expect(text.stderr).toBe(`Port ${port} is taken by another program; choose another with --port.\n`)
    other.close()
    await command('up', '--state', state, '--port', String(port)).ready()
  })
  it.each([['--port', 'x'], ['--port', '70000'], ['--prot', '1'], ['extra']])(
    'refuses %s %s',
    async (...args) => {
      const { ended, text } = command('up', '--state', state, ...args.filter(Boolean))
      expect(await ended).toBe(1)
      expect(text.stderr.trim().split('\n')).toHaveLength(1)
    },
  )
})

describe('the command line', () => {
  it('lists its commands for a wrong one', async () => {
    const { ended, text } = command('upp')
    expect(await ended).toBe(1)
    expect(text.stderr).toMatch(/There is no command 'upp'\.\nCommands:\n {2}up /)
  })
  it('looks at the machine without changing it', async () => {
    const { ended, text } = command('doctor', '--state', state)
    await ended
    expect(text.stdout).toMatch(/^(ok {2}|LACK) \w+ \w+, Node 24/)
    expect(text.stdout).toContain('environment.yaml and access.yaml: project caec-local')
  })
})

async function subjectToken(file: string): Promise<string> {
  const { credential_source: source } = JSON.parse(await readFile(file, 'utf8')) as {
    credential_source: { url: string; headers: Record<string, string> }
  }
  return ((await (await fetch(source.url, { headers: source.headers })).json()) as { value: string }).value
}
