import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { explainFailure } from '../../../local/toolchain/explain-failure.mjs'
import { findPython } from '../../../local/toolchain/find-python.mjs'
import { askJava } from '../../../local/toolchain/java.ts'
import { runTool } from '../../../local/toolchain/run-tool.ts'
import { repoRoot } from '../../support/cloud.ts'

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'tool cache '))
})
afterEach(() => rm(cache, { recursive: true, force: true }))

/** One process that asks for the same thing; each real installation adds a line to `log` in the cache. */
function installer(content = 'v1', pauseMs = 300): { ended: Promise<string>; kill: () => boolean } {
  const script = `import { appendFile, writeFile } from 'node:fs/promises'
    import { installOnce } from ${JSON.stringify(join(repoRoot, 'local/toolchain/installed-once.ts'))}
    const { file } = await installOnce({ name: 'thing', content: [${JSON.stringify(content)}], progress: () => {}, isUsable: () => true, install: async (directory) => {
      await appendFile(${JSON.stringify(join(cache, 'log'))}, 'installing\\n')
      await writeFile(directory + '/half', '')
      await new Promise((resolve) => setTimeout(resolve, ${pauseMs}))
      return { file: directory + '/half' }
    } })
    console.log(file)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    stdout += data
  })
  return {
    ended: new Promise((resolve) => child.once('close', () => resolve(stdout.trim()))),
    kill: () => child.kill('SIGKILL'),
  }
}
const installations = async (): Promise<number> =>
  (await readFile(join(cache, 'log'), 'utf8').catch(() => '')).split('\n').length - 1

describe('an installation', () => {
  it('happens once when two processes want it at the same time, and not again later', async () => {
    const [first, second] = await Promise.all([installer().ended, installer().ended])
    expect(first).toBe(second)
    expect(await installer().ended).toBe(first)
    expect(await installations()).toBe(1)
  })

  it('is another one for other content', async () => {
    expect(await installer('v1', 0).ended).not.toBe(await installer('v2', 0).ended)
    expect(await installations()).toBe(2)
  })

  it('that was killed half-way is not taken for whole', async () => {
    const killed = installer('v1', 60_000)
    while ((await installations()) === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    killed.kill()
    expect(await killed.ended).toBe('')
    const folder = join(cache, 'clickstream-actions')
    const [lock] = (await readdir(folder)).filter((name) => name.endsWith('.lock'))
    // The dead owner's lock is waited out by age; the test does not wait that long.
    await rm(join(folder, lock!), { recursive: true })
    expect(await installer('v1', 0).ended).toContain('/half')
    expect(await installations()).toBe(2)
  })
})

describe('a failed installer', () => {
  it.each([
    [
      'error: Failed to fetch\n  Caused by: dns error: failed to lookup address information',
      'the package registry could not be reached; the first set-up needs the network once (later runs do not).',
    ],
    [
      'OSError: [Errno 28] No space left on device',
      'the disk is full; free some space and run the same command again.',
    ],
    [
      'npm error code EACCES',
      'a folder could not be written; check the owner of the checkout and of the cache folder.',
    ],
    [
      'invalid peer certificate: UnknownIssuer',
      'the certificate of the package registry was not accepted; name your certificate file in SSL_CERT_FILE and NODE_EXTRA_CA_CERTS.',
    ],
  ])('is one sentence for %j', (output, advice) => {
    expect(explainFailure('Installing it', output).message).toBe(`Installing it failed: ${advice}`)
  })

  it('shows its last words when the cause is not known', () => {
    expect(explainFailure('Installing it', 'one\n\ntwo\n').message).toBe(
      'Installing it failed:\n  one\n  two',
    )
  })

  it('does not hide a command that is not there', async () => {
    await expect(
      runTool(join(cache, 'absent'), [], { doing: 'Installing it', progress: () => undefined, cwd: cache }),
    ).rejects.toThrow(/^Installing it failed:\n {2}spawn .*ENOENT/)
  })
})

describe('what the machine has', () => {
  async function fake(name: string, text: string): Promise<string> {
    await mkdir(cache, { recursive: true })
    await writeFile(join(cache, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(cache, name), 0o755)
    return join(cache, name)
  }

  it('is judged by the version a Python reports, within the range asked for', async () => {
    const before = { PATH: process.env.PATH, CLICKSTREAM_PYTHON: process.env.CLICKSTREAM_PYTHON }
    await fake('python3', 'echo 3.14.2; echo /opt/python3.14')
    await fake('python3.11', 'echo 3.11.9; echo /opt/python3.11')
    try {
      Object.assign(process.env, { PATH: `${cache}:/bin`, CLICKSTREAM_PYTHON: '' })
      expect(findPython(10, 11)).toMatchObject({
        python: { path: '/opt/python3.11', minor: 11 },
        seen: ['3.14.2'],
      })
      expect(findPython(10)).toMatchObject({ python: { version: '3.14.2' } })
    } finally {
      process.env.PATH = before.PATH
      if (before.CLICKSTREAM_PYTHON === undefined) delete process.env.CLICKSTREAM_PYTHON
      else process.env.CLICKSTREAM_PYTHON = before.CLICKSTREAM_PYTHON
    }
  })

  it('is judged by the version and home a Java reports; a command that is none is passed over', async () => {
    const java = await fake(
      'java',
      'echo "    java.home = /opt/jdk 21" >&2; echo "    java.specification.version = 21" >&2',
    )
    expect(await askJava(java)).toEqual({ home: '/opt/jdk 21', major: 21 })
    expect(
      await askJava(
        await fake(
          'old',
          'echo "    java.home = /opt/8" >&2; echo "    java.specification.version = 1.8" >&2',
        ),
      ),
    ).toEqual({ home: '/opt/8', major: 1 })
    expect(await askJava(join(cache, 'absent'))).toBeUndefined()
  })
})
