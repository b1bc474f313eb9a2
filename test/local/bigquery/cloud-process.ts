/** A local cloud in a process of its own that tests may kill, or whose files they may keep from growing. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export interface Server {
  readonly child: ChildProcess
  readonly origin: string
  readonly token: string
}
const started: ChildProcess[] = []
export const killAll = (): void => {
  for (const child of started) child.kill('SIGKILL')
}

export async function start(stateDir: string): Promise<Server> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crash-server.ts'), stateDir, resolve(import.meta.dirname, '../../..')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A recording of what it is asked would be the first file to meet a limit.
      env: { ...process.env, LOCAL_CLOUD_RECORD: '' },
    },
  )
  started.push(child)
  for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) }
  throw new Error('the server said nothing')
}

export async function kill({ child }: Server): Promise<void> {
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
}

export async function api(
  { origin, token }: Server,
  method: string,
  path: string,
  body?: unknown,
): Promise<any> {
  const response = await fetch(`${origin}/bigquery/v2/projects/caec-local${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return response.json()
}

export const query = (server: Server, sql: string) =>
  api(server, 'POST', '/queries', { query: sql, useLegacySql: false, timeoutMs: 60_000 })

/** The first cell of each row, or the code and reason of the error. */
export async function cellsOf(server: Server, sql: string): Promise<unknown[]> {
  const { error, rows } = await query(server, sql)
  return error ? [error.code, error.errors[0].reason] : (rows ?? []).map((row: any) => row.f[0].v)
}

/** Files of the process grow to `bytes` at most, which is what a full disk looks like to whoever writes. */
export const limitFiles = ({ child }: Server, bytes: string): boolean =>
  spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]).status === 0
