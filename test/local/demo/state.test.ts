import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { discard, makeCurrent, newGeneration, removeUnfinished } from '../../../local/demo/generations.ts'
import { cloudDirOf } from '../../../local/state/cloud-directory.ts'
import { takeStateLock } from '../../../local/state/state-lock.ts'

let state: string
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'demo state '))
})
afterEach(async () => {
  await rm(state, { recursive: true, force: true })
})

const lockModule = resolve(import.meta.dirname, '../../../local/state/state-lock.ts')
const holder = async (): Promise<{ pid: number; kill(): Promise<void> }> => {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      `import { takeStateLock } from ${JSON.stringify(lockModule)}; await takeStateLock(${JSON.stringify(state)}, 'demo'); console.log('held'); setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(child.stdout, 'data')
  return {
    pid: child.pid as number,
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('the lock of a state', () => {
  it('is given to one process; a second gets one sentence naming the holder', async () => {
    const other = await holder()
    await expect(takeStateLock(state, 'local cloud')).rejects.toThrow(
      `${state} is in use by another process (demo, pid ${other.pid}); wait for it or choose another --state.`,
    )
    await other.kill()
  })

  it('is taken over from a process that was killed', async () => {
    await (await holder()).kill()
    const lock = await takeStateLock(state, 'demo')
    expect(JSON.parse(await readFile(join(state, 'lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
      doing: 'demo',
    })
    await lock.release()
    expect(await readdir(state)).toEqual([])
  })

  it('is taken over when another process now has the number of the dead one, and from a broken file', async () => {
    await writeFile(
      join(state, 'lock'),
      JSON.stringify({ pid: process.pid, startTicks: '1', doing: 'demo', id: 'x' }),
    )
    await (await takeStateLock(state, 'demo')).release()
    await writeFile(join(state, 'lock'), '{')
    await (await takeStateLock(state, 'demo')).release()
    expect(existsSync(join(state, 'lock'))).toBe(false)
  })

  const hasProc = existsSync('/proc/self/stat')
  ;(hasProc ? it : it.skip)('is taken over from a killed process that nobody has reaped', async () => {
    const parent = spawn(
      'python3',
      [
        '-c',
        'import os, time\npid = os.fork()\nif pid == 0: os._exit(0)\nprint(pid, flush=True)\ntime.sleep(60)',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    const stat = async (): Promise<string[]> => (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')
    while ((await stat())[2] !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5))
    await writeFile(
      join(state, 'lock'),
      JSON.stringify({ pid, startTicks: (await stat())[21], doing: 'demo', id: 'x' }),
    )
    await (await takeStateLock(state, 'demo')).release()
    expect(existsSync(join(state, 'lock'))).toBe(false)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
  })

  it('is refused in one sentence where no folder can be made', async () => {
    await writeFile(join(state, 'file'), '')
    await expect(takeStateLock(join(state, 'file'), 'demo')).rejects.toThrow(
      `--state: ${join(state, 'file')} is a file; name a folder.`,
    )
    await expect(takeStateLock(join(state, 'file', 'below'), 'demo')).rejects.toThrow(
      /is a file; name a folder/,
    )
    await expect(takeStateLock('/proc/nothing/below', 'demo')).rejects.toThrow(
      /^--state: the folder \/proc(\/nothing)? cannot be made/,
    )
  })

  it('goes to exactly one of many that find a dead one', async () => {
    await (await holder()).kill()
    const dead = await readFile(join(state, 'lock'), 'utf8')
    for (let round = 0; round < 40; round++) {
      await writeFile(join(state, 'lock'), dead)
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => takeStateLock(state, 'demo')))
      const taken = attempts.filter((attempt) => attempt.status === 'fulfilled')
      expect(taken).toHaveLength(1)
      await taken[0]?.value.release()
      expect((await readdir(state)).filter((name) => name.startsWith('lock'))).toEqual([])
    }
  })

  it('passes a successor that died before it became the lock', async () => {
    await (await holder()).kill()
    const first = JSON.parse(await readFile(join(state, 'lock'), 'utf8')) as { id: string }
    await writeFile(join(state, `lock.after.${first.id}`), JSON.stringify({ ...first, id: 'second' }))
    await (await takeStateLock(state, 'demo')).release()
    expect((await readdir(state)).filter((name) => name.startsWith('lock'))).toEqual([])
  })
})

describe('generations', () => {
  it('become current in one step, and the older ones go', async () => {
    const first = await newGeneration(state, 1000)
    await writeFile(join(first.reportDir, 'report.json'), 'first')
    await makeCurrent(state, first)
    const second = await newGeneration(state, 2000)
    await writeFile(join(second.reportDir, 'report.json'), 'second')
    expect(await readFile(join(state, 'report', 'report.json'), 'utf8')).toBe('first')
    await makeCurrent(state, second)
    expect(await readFile(join(state, 'report', 'report.json'), 'utf8')).toBe('second')
    expect(await readdir(join(state, 'generations'))).toEqual([second.id])
    expect(await cloudDirOf(state)).toBe(join(state, 'current', 'cloud'))
  })

  it('that failed or were killed leave no trace and change nothing', async () => {
    const kept = await newGeneration(state, 1000)
    await makeCurrent(state, kept)
    await discard(await newGeneration(state, 2000))
    await newGeneration(state, 3000)
    await removeUnfinished(state)
    expect(await readdir(join(state, 'generations'))).toEqual([kept.id])
  })

  it('keep a state inside a repository out of git', async () => {
    await newGeneration(state)
    expect(await readFile(join(state, '.gitignore'), 'utf8')).toBe('*\n')
    expect(await cloudDirOf((await mkdir(join(state, 'other'), { recursive: true })) ?? state)).toBe(
      join(state, 'other', 'cloud'),
    )
  })
})
