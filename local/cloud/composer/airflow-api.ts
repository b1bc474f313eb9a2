/**
 * Airflow's own REST API (v2) as one user: runs, tasks, logs and backfills of one DAG; it refuses answers it
 * did not ask for.
 */
import { setTimeout } from 'node:timers/promises'

export interface AirflowLogin {
  readonly url: string
  readonly user: string
  readonly password: string
}
export interface DagRun {
  readonly dag_run_id: string
  readonly logical_date: string
  readonly state: string
}
export interface TaskInstance {
  readonly task_id: string
  readonly state: string | null
  readonly try_number: number
  readonly pid: number | null
  readonly rendered_fields?: Readonly<Record<string, unknown>>
}

export interface AirflowApi {
  /** Every component says that it is well, and the DAG is known. */
  isReady(): Promise<boolean>
  /** When the scheduler last came round. */
  schedulerHeartbeat(): Promise<string>
  /**
   * One run a day, oldest first, never two at once; days that failed before run again (tasks that depend on
   * their past make Airflow ask for that). Days as YYYY-MM-DD, inclusive.
   */
  backfill(from: string, to: string): Promise<void>
  runs(): Promise<readonly DagRun[]>
  tasks(runId: string): Promise<readonly TaskInstance[]>
  log(runId: string, task: string, tryNumber: number): Promise<string>
  /** Clears a task of a run and all that follow it. */
  clear(runId: string, task: string): Promise<void>
}

/** A minute of other people's writing is enough on a slow machine. */
const LOCKED_TURNS = 30
const LOCKED_PAUSE_MS = 2_000

const refusal = (method: string, path: string, status: number, said: string): Error =>
  new Error(`Airflow: ${method} ${path}: ${status} ${said.slice(0, 500)}`)

const HEALTHY = ['metadatabase', 'scheduler', 'triggerer', 'dag_processor']

export function createAirflowApi(login: AirflowLogin, dag: string): AirflowApi {
  let token: Promise<string> | undefined

  async function ask(method: string, path: string, body?: unknown): Promise<Response> {
    token ??= signIn(login).catch((error: unknown) => {
      token = undefined
      throw error
    })
    return fetch(`${login.url}/api/v2${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  async function askJson<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await ask(method, path, body)
    if (!reply.ok) throw refusal(method, path, reply.status, await reply.text())
    return (await reply.json()) as T
  }
  const runPath = (runId: string): string => `/dags/${dag}/dagRuns/${encodeURIComponent(runId)}`

  return {
    async isReady() {
      try {
        const health = await askJson<Record<string, { status?: string } | undefined>>(
          'GET',
          '/monitor/health',
        )
        return (
          HEALTHY.every((name) => health[name]?.status === 'healthy') && (await ask('GET', `/dags/${dag}`)).ok
        )
      } catch {
        return false
      }
    },
    async schedulerHeartbeat() {
      return (await askJson<{ scheduler: { latest_scheduler_heartbeat: string } }>('GET', '/monitor/health'))
        .scheduler.latest_scheduler_heartbeat
    },
    async backfill(from, to) {
      const wanted = {
        dag_id: dag,
        from_date: `${from}T00:00:00Z`,
        to_date: `${to}T23:59:59Z`,
        max_active_runs: 1,
        reprocess_behavior: 'failed',
      }
      // On SQLite Airflow makes none while its scheduler writes, and says so with 503; then nothing was made.
      for (let turn = 1; ; turn += 1) {
        const reply = await ask('POST', '/backfills', wanted)
        const said = await reply.text()
        if (reply.ok) return
        const isLocked = reply.status === 503 && said.includes('Database is locked')
        if (!isLocked || turn === LOCKED_TURNS) throw refusal('POST', '/backfills', reply.status, said)
        await setTimeout(LOCKED_PAUSE_MS)
      }
    },
    async runs() {
      return (
        await askJson<{ dag_runs: DagRun[] }>('GET', `/dags/${dag}/dagRuns?limit=1000&order_by=logical_date`)
      ).dag_runs
    },
    async tasks(runId) {
      return (
        await askJson<{ task_instances: TaskInstance[] }>('GET', `${runPath(runId)}/taskInstances?limit=100`)
      ).task_instances
    },
    async log(runId, task, tryNumber) {
      const { content } = await askJson<{ content: readonly unknown[] }>(
        'GET',
        `${runPath(runId)}/taskInstances/${task}/logs/${tryNumber}?full_content=true`,
      )
      return content.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    },
    async clear(runId, task) {
      await askJson('POST', `/dags/${dag}/clearTaskInstances`, {
        dry_run: false,
        dag_run_id: runId,
        task_ids: [task],
        include_downstream: true,
        only_failed: false,
        reset_dag_runs: true,
      })
    },
  }
}

async function signIn({ url, user, password }: AirflowLogin): Promise<string> {
  const reply = await fetch(`${url}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user, password }),
  })
  if (!reply.ok) throw new Error(`Airflow let ${user} not in: ${reply.status}`)
  return ((await reply.json()) as { access_token: string }).access_token
}
