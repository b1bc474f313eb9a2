/**
 * goccy/bigquery-emulator beside the local BigQuery, where there is one: $BIGQUERY_EMULATOR or the PATH. Its module is
 * not on every proxy, so a machine without it is told how to get it, and nothing is installed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../local/free-port.ts'

export const PEER = 'goccy/bigquery-emulator'
const HINT = `no ${PEER} to compare with: go install github.com/${PEER}/cmd/bigquery-emulator@latest, then put it on the PATH or name it in BIGQUERY_EMULATOR`
const START_MS = 60_000

export interface Peer {
  ask(sql: string): Promise<void>
  close(): Promise<void>
}

/** Undefined, with one line that says why, where there is none. */
export async function openPeer(say: (line: string) => void): Promise<Peer | undefined> {
  const [port, grpc] = [await freePort(), await freePort()]
  const child = spawn(
    process.env.BIGQUERY_EMULATOR ?? 'bigquery-emulator',
    ['--project=bench', '--dataset=bench', `--port=${port}`, `--grpc-port=${grpc}`, '--log-level=error'],
    // Its SQL engine as its own image runs it: compiled, not interpreted.
    { stdio: 'ignore', env: { ...process.env, GOOGLESQLITE_WASM_COMPILATION_MODE: 'compiler' } },
  )
  const isStarted = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true)).once('error', () => resolve(false))
  })
  if (!isStarted) {
    say(HINT)
    return undefined
  }
  const ask = async (query: string): Promise<void> => {
    const reply = await fetch(`http://127.0.0.1:${port}/bigquery/v2/projects/bench/queries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, useLegacySql: false }),
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${PEER}: ${text.slice(0, 300)}`)
  }
  const close = async (): Promise<void> => {
    if (child.exitCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  const until = Date.now() + START_MS
  for (;;) {
    try {
      await ask('SELECT 1')
      return { ask, close }
    } catch (error) {
      if (child.exitCode === null && Date.now() < until) {
        await pause(200)
        continue
      }
      await close()
      say(`${PEER} does not start: ${String(error)}`)
      return undefined
    }
  }
}
