/**
 * Managed Airflow (Composer) environments: where their DAGs are, and their Airflow command line. It refuses
 * environments that are not running.
 */
import { GoogleApiError, WorkFailedError } from '../errors.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'
import { pause } from './retry.ts'

export interface AirflowEnvironment {
  readonly name: string
  readonly bucket: string
  /** Without slashes at the ends, e.g. `dags`. */
  readonly prefix: string
  readonly state: string
  /** e.g. `composer-3-airflow-3.3.1-build.2`. */
  readonly imageVersion: string
  /** Airflow's settings that this environment overrides, by `section-name`. */
  readonly airflowConfig: Readonly<Record<string, string>>
  readonly airflowUri?: string
}
export interface EnvironmentRef {
  readonly projectId: string
  readonly location: string
  readonly environment: string
}
export interface CommandResult {
  readonly exitCode: number
  readonly lines: readonly string[]
  readonly error?: string
}

const environmentPath = (ref: EnvironmentRef) =>
  apiPath`/v1/projects/${ref.projectId}/locations/${ref.location}/environments/${ref.environment}`

export async function getEnvironment(google: Google, ref: EnvironmentRef): Promise<AirflowEnvironment> {
  const asked = {
    method: 'composer.projects.locations.environments.get',
    resource: `environment ${ref.environment} in ${ref.location}`,
  }
  const answer = await google.request<{
    name?: string
    state?: string
    config?: {
      dagGcsPrefix?: string
      airflowUri?: string
      softwareConfig?: { imageVersion?: string; airflowConfigOverrides?: Record<string, string> }
    }
  }>({
    api: 'composer',
    verb: 'GET',
    path: environmentPath(ref),
    ...asked,
  })
  const place = /^gs:\/\/([^/]+)\/(.*?)\/?$/.exec(answer.config?.dagGcsPrefix ?? '')
  if (!place?.[1] || !place[2]) {
    throw new GoogleApiError(
      `${asked.method} on ${asked.resource}: it names no DAG folder (state ${answer.state ?? 'unknown'}).`,
      {
        ...asked,
        status: 200,
        reason: 'noDagFolder',
        isRetryable: false,
        problem: 'composer-not-running',
        hint: 'The environment may still be created; wait until it runs.',
      },
    )
  }
  return {
    name: answer.name ?? '',
    bucket: place[1],
    prefix: place[2],
    state: answer.state ?? 'STATE_UNSPECIFIED',
    imageVersion: answer.config?.softwareConfig?.imageVersion ?? '',
    airflowConfig: answer.config?.softwareConfig?.airflowConfigOverrides ?? {},
    airflowUri: answer.config?.airflowUri,
  }
}

/** Runs `airflow <command> <subcommand> <parameters>` there and waits for its end. */
export async function runAirflowCommand(
  google: Google,
  ref: EnvironmentRef,
  call: { command: string; subcommand: string; parameters: readonly string[] },
  limits: { deadlineMs: number; signal: AbortSignal },
): Promise<CommandResult> {
  const resource = `environment ${ref.environment}`
  const started = await google.request<{
    executionId?: string
    pod?: string
    podNamespace?: string
    error?: string
  }>({
    api: 'composer',
    verb: 'POST',
    path: `${environmentPath(ref)}:executeAirflowCommand`,
    method: 'composer.projects.locations.environments.executeAirflowCommand',
    resource,
    json: call,
    signal: limits.signal,
    isRepeatable: true,
  })
  if (started.error) return { exitCode: 1, lines: [], error: started.error }
  const lines: string[] = []
  for (let nextLineNumber = 1; ;) {
    const answer = await google.request<{
      output?: { lineNumber?: number; content?: string }[]
      outputEnd?: boolean
      exitInfo?: { exitCode?: number; error?: string }
    }>({
      api: 'composer',
      verb: 'POST',
      path: `${environmentPath(ref)}:pollAirflowCommand`,
      method: 'composer.projects.locations.environments.pollAirflowCommand',
      resource,
      json: {
        executionId: started.executionId,
        pod: started.pod,
        podNamespace: started.podNamespace,
        nextLineNumber,
      },
      signal: limits.signal,
      isRepeatable: true,
    })
    for (const { lineNumber, content } of answer.output ?? []) {
      lines.push(content ?? '')
      nextLineNumber = Math.max(nextLineNumber, (lineNumber ?? nextLineNumber) + 1)
    }
    // exitInfo is empty until the command ended.
    if (answer.outputEnd)
      return { exitCode: answer.exitInfo?.exitCode ?? 0, lines, error: answer.exitInfo?.error || undefined }
    if (Date.now() > limits.deadlineMs)
      throw new WorkFailedError(
        `Running airflow ${call.command} ${call.subcommand}: it did not end in time.`,
        {
          lastLines: lines.slice(-20),
          problem: 'airflow-command',
          hint: "Raise timeout-minutes, or look at the environment's health.",
        },
      )
    if (limits.signal.aborted)
      throw new WorkFailedError(
        `Running airflow ${call.command} ${call.subcommand}: the run was cancelled.`,
        { problem: 'cancelled' },
      )
    await pause(1000, limits.signal)
  }
}
