import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { repoRoot } from '../../support/cloud.ts'

const PACKAGE = { name: 'tiny', version: '1.0.0' }
const EMPTY_LOCK = { ...PACKAGE, lockfileVersion: 3, requires: true, packages: { '': PACKAGE } }

/** A checkout with the real door and no dependencies, so that `npm ci` needs no network. */
let checkout: string
beforeEach(async () => {
  checkout = join(await mkdtemp(join(tmpdir(), 'start ')), 'a path with spaces')
  await mkdir(join(checkout, 'scripts'), { recursive: true })
  for (const name of ['start.mjs', 'package.json'])
    await cp(join(repoRoot, 'local', name), join(checkout, 'local', name))
  for (const name of ['complete-modules.mjs', 'explain-failure.mjs', 'find-python.mjs'])
    await cp(join(repoRoot, 'local/toolchain', name), join(checkout, 'local/toolchain', name))
  await write('package.json', JSON.stringify({ ...PACKAGE, type: 'module' }))
  await write('package-lock.json', JSON.stringify(EMPTY_LOCK))
  await write(
    'scripts/docs.ts',
    'const words: string[] = process.argv.slice(2)\nconsole.log(JSON.stringify(words))\nprocess.exitCode = 7\n',
  )
})
afterEach(() => rm(dirname(checkout), { recursive: true, force: true }))

const write = (name: string, text: string) => writeFile(join(checkout, name), text)

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}
function start(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  nodeArgs: string[] = [],
): { child: ChildProcess; ended: Promise<Ended>; said: (text: string) => Promise<void> } {
  const child = spawn(process.execPath, [...nodeArgs, join(checkout, 'local/start.mjs'), ...args], {
    cwd: tmpdir(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const seen = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    seen.stdout += data
  })
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    seen.stderr += data
  })
  return {
    child,
    ended: new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, ...seen })),
    ),
    async said(text) {
      while (!seen.stdout.includes(text) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 50))
    },
  }
}

describe('the door of the npm verbs', () => {
  it('installs, passes arguments, exit code and standard output on, and installs only once', async () => {
    const first = await start(['docs', 'a b', '--x']).ended
    expect(first).toMatchObject({
      code: 7,
      stdout: '["a b","--x"]\n',
      stderr: expect.stringContaining('Installing the packages of package-lock.json'),
    })
    const second = await start(['docs']).ended
    expect(second).toMatchObject({ code: 7, stdout: '[]\n', stderr: '' })
  })

  it.each(
    ['test check bundle environment format docs changeset pack release new-action bench'.split(' ')].flat(),
  )('answers --help of %s with its usage, and installs nothing', async (verb) => {
    const { code, stdout, stderr } = await start([verb, '--help']).ended
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringMatching(`^npm run ${verb} -- .+\n$`)])
    expect(existsSync(join(checkout, 'node_modules'))).toBe(false)
  })

  it('names the near option, and packs into no folder that begins like one', () => {
    const mistake = (script: string, ...words: string[]): string => {
      const { status, stderr } = spawnSync(process.execPath, [join(repoRoot, script), ...words], {
        encoding: 'utf8',
        cwd: checkout,
      })
      expect(status).toBe(1)
      return stderr
    }
    expect(mistake('scripts/bundle.ts', '--chek')).toContain('no option --chek, is --check meant?')
    expect(mistake('scripts/docs.ts', '--repositry=a/b')).toContain('is --repository meant?')
    expect(mistake('scripts/format.ts', '--cheek')).toContain('is --check meant?')
    expect(mistake('scripts/release.ts', '--dryrun')).toContain('is --dry-run meant?')
    expect(mistake('test/run.ts', 'check', '--depe')).toContain('is --deep meant?')
    expect(mistake('scripts/pack-local.ts', '--help')).toContain('npm run pack -- [FOLDER]')
    expect(mistake('scripts/pack-local.ts', 'a', 'b')).toContain('one folder is enough')
  })

  it('installs again when the lock file changed or an installation was cut off', async () => {
    await start(['docs']).ended
    await write(
      'package-lock.json',
      JSON.stringify(
        {
          ...EMPTY_LOCK,
          packages: {
            '': { ...PACKAGE, license: 'MIT' },
            'node_modules/absent': { version: '1.0.0', optional: true, os: ['none'] },
          },
        },
        null,
        1,
      ),
    )
    await rm(join(checkout, 'node_modules/.package-lock.json'), { force: true })
    expect((await start(['docs']).ended).stderr).toContain('Installing the packages')
    expect((await start(['docs']).ended).stderr).toBe('')
    await rm(join(checkout, 'node_modules/.clickstream-lock'))
    await rm(join(checkout, 'node_modules/.package-lock.json'), { force: true })
    expect((await start(['docs']).ended).stderr).toContain('Installing the packages')
  })

  it('takes an installation as whole that lacks only the link of a workspace', async () => {
    await start(['docs']).ended
    await rm(join(checkout, 'node_modules/.clickstream-lock'))
    await write('node_modules/.package-lock.json', JSON.stringify({ ...EMPTY_LOCK, packages: {} }))
    const packages = {
      '': PACKAGE,
      local: { name: 'clickstream-local', version: '0.0.0' },
      'node_modules/clickstream-local': { resolved: 'local', link: true },
    }
    await write('package-lock.json', JSON.stringify({ ...EMPTY_LOCK, packages }))
    expect((await start(['docs']).ended).stderr).toBe('')
  })

  it('waits for nobody when the process that held the installation lock is gone', async () => {
    await mkdir(join(checkout, '.local'))
    await write('.local/install.lock', '4194000')
    expect((await start(['docs']).ended).code).toBe(7)
  })

  it('says in one sentence that the registry is unreachable', async () => {
    await write('package.json', JSON.stringify({ ...PACKAGE, dependencies: { 'left-behind': '1.0.0' } }))
    await write(
      'package-lock.json',
      JSON.stringify({
        ...EMPTY_LOCK,
        packages: {
          '': { ...PACKAGE, dependencies: { 'left-behind': '1.0.0' } },
          'node_modules/left-behind': { version: '1.0.0' },
        },
      }),
    )
    const offline = {
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
      npm_config_cache: join(checkout, 'cache'),
    }
    const { code, stdout, stderr } = await start(['docs'], offline).ended
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trim().split('\n').at(-1)).toBe(
      'Installing the npm packages failed: the package registry could not be reached; the first set-up needs the network once (later runs do not).',
    )
  })

  it('passes a signal on and ends with what the verb makes of it', async () => {
    await write(
      'scripts/docs.ts',
      "process.once('SIGTERM', () => { console.log('tidied up'); process.exit(3) })\nconsole.log('ready', process.pid)\nsetInterval(() => {}, 1000)\n",
    )
    const { child, ended, said } = start(['docs'])
    await said('ready')
    child.kill('SIGTERM')
    const { code, stdout } = await ended
    expect([code, stdout]).toEqual([3, expect.stringMatching(/^ready \d+\ntidied up\n$/)])
  })

  it('dies of the signal its verb died of', async () => {
    await write('scripts/docs.ts', "console.log('ready')\nsetInterval(() => {}, 1000)\n")
    const { child, ended, said } = start(['docs'])
    await said('ready')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: null, signal: 'SIGINT' })
  })

  it('refuses an old Node, an unknown verb and a verb without its script in one sentence each', async () => {
    const old =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.4"}})'
    expect(await start(['docs'], {}, ['--import', old]).ended).toMatchObject({
      code: 1,
      stderr:
        'Node 20 or newer is needed, this is 18.20.4; install a newer Node and run the same command again.\n',
    })
    expect(await start(['constructor']).ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Unknown verb "constructor"; one of demo, local,'),
    })
    expect((await start(['bundle']).ended).stderr).toContain(
      'The verb bundle has no scripts/bundle.ts in this checkout.',
    )
  })

  it('refuses a machine whose only Python is too old, naming what it found', async () => {
    const bin = join(checkout, 'bin')
    await write('local/cli.ts', '')
    await mkdir(bin)
    await writeFile(join(bin, 'python3'), '#!/bin/sh\necho 3.9.18\necho /opt/old/python3\n')
    await chmod(join(bin, 'python3'), 0o755)
    await symlink(process.execPath, join(bin, 'node'))
    const { code, stderr } = await start(['demo'], { PATH: bin, CLICKSTREAM_PYTHON: '' }).ended
    expect([code, stderr]).toEqual([
      1,
      'Python 3.10 or newer is needed and only 3.9.18 was found; install one (or name it in CLICKSTREAM_PYTHON) and run the same command again.\n',
    ])
  })

  it('leaves the lock stamp in node_modules, so that removing node_modules removes it too', async () => {
    await start(['docs']).ended
    expect((await readFile(join(checkout, 'node_modules/.clickstream-lock'), 'utf8')).trim()).toMatch(
      /^[0-9a-f]{64}$/,
    )
  })
})
