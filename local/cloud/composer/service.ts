/**
 * The environment methods of Managed Service for Apache Airflow that a deployment needs: get, list and
 * Airflow commands; it creates and changes no environment.
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CloudError, type CloudRequest, type Reply, type Service } from '../kernel.ts'
import { requireAt } from '../location.ts'
import { invalid, readMessage, readQuery, type Fields } from '../message-fields.ts'
import { openExecutions, type AirflowRooms, type Execution } from './executions.ts'

const NAMESPACE = 'composer-user-workloads'
/** Commands that only read what an import of the DAGs leaves in the database. */
const COMMANDS = new Set(['dags list', 'dags list-import-errors'])
const text = { kind: 'string' } as const
const EXECUTE: Fields = {
  environment: { kind: 'ignored' },
  command: text,
  subcommand: text,
  parameters: { kind: 'list', of: text },
}
const POLL: Fields = {
  environment: { kind: 'ignored' },
  executionId: text,
  pod: text,
  podNamespace: text,
  nextLineNumber: { kind: 'int32' },
}
const STOP: Fields = {
  environment: { kind: 'ignored' },
  executionId: text,
  pod: text,
  podNamespace: text,
  force: { kind: 'bool' },
}

export async function createComposer(room: AirflowRooms): Promise<Service> {
  const { environment } = room
  const executions = await openExecutions(room)
  const createTime = await rememberCreation(room)
  if (!/-airflow-3(\.|$)/.test(environment.composer.imageVersion))
    room.log(
      `composer: imageVersion ${environment.composer.imageVersion} is shown, but Airflow 3.3 answers: a DAG that imports here may not import there`,
    )
  const name = `projects/${environment.project}/locations/${environment.region}/environments/${environment.composer.name}`

  function requireEnvironment(request: CloudRequest, permission: string): void {
    const asked = requireAt(request, room, permission, {
      tail: `/environments/${request.params.environment}`,
      type: 'composer.googleapis.com/Environment',
    })
    if (asked !== name) throw new CloudError(404, 'notFound', `Requested entity was not found: ${asked}`)
  }

  const show = () => ({
    name,
    uuid: uuidOf(name),
    state: 'RUNNING',
    createTime,
    updateTime: createTime,
    config: {
      dagGcsPrefix: `gs://${environment.buckets.dags}/dags`,
      airflowUri: `${room.origin}/_airflow`,
      environmentSize: 'ENVIRONMENT_SIZE_SMALL',
      softwareConfig: { imageVersion: environment.composer.imageVersion },
      nodeConfig: { serviceAccount: environment.serviceAccounts.composer },
    },
    storageConfig: { bucket: environment.buckets.dags },
  })

  async function execute(request: CloudRequest): Promise<Reply> {
    readQuery(request.url, [])
    requireEnvironment(request, 'composer.environments.executeAirflowCommand')
    const {
      command = '',
      subcommand = '',
      parameters = [],
    } = readMessage(await request.json(), EXECUTE, '') as {
      command?: string
      subcommand?: string
      parameters?: string[]
    }
    if (!command) throw invalid('command', 'The Airflow command is required.')
    const spoken = subcommand ? `${command} ${subcommand}` : command
    if (!COMMANDS.has(spoken))
      throw new CloudError(
        501,
        'notImplemented',
        `The Airflow command ${JSON.stringify(spoken.slice(0, 100))} is not implemented by the local cloud; it runs ${[...COMMANDS].join(', ')}.`,
      )
    if (
      parameters.length > 50 ||
      parameters.some((parameter) => parameter.includes('\0') || parameter.length > 1000)
    )
      throw invalid('parameters', 'Too many or too long parameters.')
    const execution = executions.start([command, subcommand, ...parameters])
    return { json: { executionId: execution.id, pod: podOf(execution), podNamespace: NAMESPACE } }
  }

  function findExecution(message: Readonly<Record<string, unknown>>): Execution {
    const execution = executions.find(String(message.executionId ?? ''))
    if (!execution || message.pod !== podOf(execution) || message.podNamespace !== NAMESPACE) {
      throw new CloudError(
        404,
        'notFound',
        `Requested entity was not found: execution ${JSON.stringify(String(message.executionId ?? '').slice(0, 100))}`,
      )
    }
    return execution
  }

  async function poll(request: CloudRequest): Promise<Reply> {
    readQuery(request.url, [])
    requireEnvironment(request, 'composer.environments.executeAirflowCommand')
    const message = readMessage(await request.json(), POLL, '')
    const { lines, exit } = findExecution(message)
    const output = lines
      .map((content, index) => ({ lineNumber: index + 1, content }))
      .filter(({ lineNumber }) => lineNumber >= Number(message.nextLineNumber ?? 0))
    return { json: { output, ...(exit ? { outputEnd: true, exitInfo: exit } : { outputEnd: false }) } }
  }

  async function stop(request: CloudRequest): Promise<Reply> {
    readQuery(request.url, [])
    requireEnvironment(request, 'composer.environments.executeAirflowCommand')
    const execution = findExecution(readMessage(await request.json(), STOP, ''))
    if (execution.exit)
      return {
        json: {
          isDone: true,
          output: [`The command has already ended with exit code ${execution.exit.exitCode}.`],
        },
      }
    execution.stop('The command was stopped.')
    return { json: { isDone: false, output: ['The command is being stopped.'] } }
  }

  const list = (request: CloudRequest): Reply => {
    const query = readQuery(request.url, ['pageSize', 'pageToken'])
    requireAt(request, room, 'composer.environments.list', {
      tail: '',
      type: 'composer.googleapis.com/Location',
    })
    if (query.pageToken) throw invalid('page_token', 'Invalid page token.')
    return { json: { environments: [show()] } }
  }
  const get = (request: CloudRequest): Reply => {
    readQuery(request.url, [])
    requireEnvironment(request, 'composer.environments.get')
    return { json: show() }
  }

  const environments = '/v1/projects/{project}/locations/{location}/environments'
  const id = 'composer.projects.locations.environments'
  return {
    name: 'composer',
    errorStyle: 'rpc',
    close: executions.close,
    routes: [
      { id: `${id}.list`, method: 'GET', path: environments, handler: list },
      { id: `${id}.get`, method: 'GET', path: `${environments}/{environment}`, handler: get },
      {
        id: `${id}.executeAirflowCommand`,
        method: 'POST',
        path: `${environments}/{environment}:executeAirflowCommand`,
        handler: execute,
      },
      {
        id: `${id}.pollAirflowCommand`,
        method: 'POST',
        path: `${environments}/{environment}:pollAirflowCommand`,
        handler: poll,
      },
      {
        id: `${id}.stopAirflowCommand`,
        method: 'POST',
        path: `${environments}/{environment}:stopAirflowCommand`,
        handler: stop,
      },
    ],
  }
}

const podOf = (execution: Execution): string => `airflow-command-${execution.id.slice(0, 8)}`

/** An environment keeps its creation time over restarts. */
async function rememberCreation(room: AirflowRooms): Promise<string> {
  const file = join(room.stateDir, 'created')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (!Number.isNaN(Date.parse(known))) return known
  const created = new Date(room.now()).toISOString()
  await writeFile(file, created, { mode: 0o600 })
  return created
}

/** The same name has the same uuid, as long as nobody recreates the environment. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
