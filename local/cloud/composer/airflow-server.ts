/**
 * A whole Airflow of its own (scheduler, triggerer, DAG processor, API server) on loopback, as the
 * environment's account; it ends with this process and leaves nothing running.
 */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../free-port.ts'
import type { Environment } from '../kernel.ts'
import { startGroup, type ProcessGroup } from '../processes/process-group.ts'
import { createAirflowApi, type AirflowApi, type AirflowLogin } from './airflow-api.ts'
import { airflowEnvironment, taskEnvironment, type DbtPlace } from './airflow-environment.ts'

export interface AirflowOptions {
  readonly origin: string
  readonly environment: Environment
  /** Of the metadata server that speaks for the environment's account. */
  readonly metadataHost: string
  /** Private to this Airflow; made when absent. Its database is kept when there is one. */
  readonly folder: string
  readonly dags: string
  readonly dag: string
  readonly tools: { readonly python: string; readonly airflow: string; readonly emptyDatabase: string }
  readonly dbt: DbtPlace
  /** More of Airflow's settings, `AIRFLOW__SECTION__NAME`. */
  readonly settings?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}
export interface RunningAirflow {
  readonly login: AirflowLogin
  readonly api: AirflowApi
  /** Rejects when a component ends by itself; never resolves. */
  readonly broken: Promise<never>
  close(): Promise<void>
}

const COMPONENTS = ['api-server', 'scheduler', 'dag-processor', 'triggerer'] as const
const USER = 'admin'

export async function startAirflow(options: AirflowOptions): Promise<RunningAirflow> {
  const { folder, tools } = options
  const port = await freePort()
  const login = {
    url: `http://127.0.0.1:${port}`,
    user: USER,
    password: randomBytes(12).toString('base64url'),
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const env = await airflowVariables(options, login)
  const groups: ProcessGroup[] = []
  let isClosing = false
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  const close = async (): Promise<void> => {
    isClosing = true
    for (const group of groups) group.end()
    await Promise.all(groups.map(({ ended }) => ended.catch(() => 1)))
  }
  try {
    for (const name of COMPONENTS) {
      const output = await open(join(folder, `${name}.log`), 'a', 0o600)
      const extra =
        name === 'api-server' ? ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'] : []
      const group = startGroup({
        python: tools.python,
        command: [tools.airflow, name, ...extra],
        cwd: folder,
        env,
        outputFd: output.fd,
      })
      groups.push(group)
      void group.ended
        .catch(() => 1)
        .then(async (code) => {
          await output.close()
          if (!isClosing)
            broken.reject(
              new Error(
                `Airflow's ${name} ended with ${code}: ${await lastLine(join(folder, `${name}.log`))}`,
              ),
            )
        })
    }
    const api = createAirflowApi(login, options.dag)
    await Promise.race([broken.promise, untilReady(api, options.signal)])
    return { login, api, broken: broken.promise, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** For one-shot commands, such as `airflow dags test`, too. */
export async function airflowVariables(
  options: AirflowOptions,
  login: AirflowLogin,
): Promise<Record<string, string>> {
  const { folder, environment, origin, metadataHost, dags, tools, dbt } = options
  const database = join(folder, 'airflow.db')
  const passwords = join(folder, 'passwords.json')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (!(await readFile(database).catch(() => undefined))) await copyFile(tools.emptyDatabase, database)
  await writeFile(passwords, JSON.stringify({ [login.user]: login.password }), { mode: 0o600 })
  const secret = (): string => randomBytes(32).toString('base64url')
  return {
    ...airflowEnvironment({ environment, folder, dags, database, python: tools.python, metadataHost }),
    ...taskEnvironment(environment, origin, dbt),
    AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
    AIRFLOW__CORE__PARALLELISM: '2',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: `${login.user}:admin`,
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: passwords,
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${login.url}/execution/`,
    AIRFLOW__API__BASE_URL: login.url,
    AIRFLOW__API__SECRET_KEY: secret(),
    AIRFLOW__API_AUTH__JWT_SECRET: secret(),
    // Runs come from backfills over the data's days; the clock of today starts none.
    AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE: 'False',
    AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION: 'False',
    // Nobody edits this folder: parsing it once is enough.
    AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL: '3600',
    AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: '3600',
    AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC: '2',
    AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC: '2',
    AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT: '300',
    AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT: '300',
    AIRFLOW__LOGGING__BASE_LOG_FOLDER: join(folder, 'logs'),
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    ...options.settings,
  }
}

async function untilReady(api: AirflowApi, signal?: AbortSignal): Promise<void> {
  while (!(await api.isReady())) await pause(500, undefined, { signal })
}

async function lastLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line.trim() !== '')
  return (lines.at(-1) ?? 'it printed nothing').slice(0, 500)
}
