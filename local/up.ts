/**
 * `up`: the local cloud in the foreground. The last line of stdout says where it is, as JSON; it ends cleanly
 * on SIGINT and SIGTERM.
 */
import process from 'node:process'
import { stateFolder } from './called-as.ts'
import { cloudFilesOf } from './cloud-files.ts'
import { startCloud } from './cloud/server.ts'
import { cloudDirOf } from './state/cloud-directory.ts'
import { takeStateLock } from './state/state-lock.ts'
import { announceCloud } from './runner/cloud-of-state.ts'
import { parseOptions } from './parse-options.ts'
import { UsageError } from './usage-error.ts'

export async function up(argv: string[], repoRoot: string): Promise<number> {
  const { values } = parseOptions({
    args: argv,
    options: {
      port: { type: 'string' },
      state: { type: 'string' },
      environment: { type: 'string' },
      access: { type: 'string' },
    },
  })
  const port = readPort(values.port)
  const files = cloudFilesOf(values)
  const stateDir = stateFolder(values.state, repoRoot)
  const log = (line: string) => {
    process.stderr.write(`${line}\n`)
  }
  // Kept, not `once`: a library in the process ends it by itself on a signal for which nobody else listens
  // any more.
  const ended = new Promise<void>((resolveEnded) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolveEnded())
  })
  const lock = await takeStateLock(stateDir, 'local cloud')
  try {
    const cloudDir = await cloudDirOf(stateDir)
    const cloud = await startCloud({ ...files, stateDir: cloudDir, port, repoRoot, log }).catch(
      (error: unknown) => {
        throw explainPort(error, port)
      },
    )
    const note = await announceCloud(stateDir, { origin: cloud.origin, cloudDir, files })
    log(`The local cloud answers at ${cloud.origin} until Ctrl-C.`)
    process.stdout.write(`${JSON.stringify({ ...cloud.describe(), state: stateDir })}\n`)
    await ended
    log('Closing.')
    await note.withdraw()
    await cloud.close()
    return 0
  } finally {
    await lock.release()
  }
}

function readPort(text: string | undefined): number {
  const port = text === undefined ? 0 : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new UsageError(`--port must be a number from 0 to 65535, not '${text}'.`)
  return port
}

function explainPort(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new UsageError(`Port ${port} is taken by another program; choose another with --port.`)
  if (code === 'EACCES' && port > 0 && port < 1024)
    return new UsageError(`Port ${port} is reserved on this system; choose one above 1023 with --port.`)
  return error
}
