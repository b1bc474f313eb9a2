/**
 * Decides whether a batch someone asks for can be run here: what is malformed gets 400 as at Google, what
 * this cloud cannot run gets 501 by name.
 */
import { CloudError } from '../kernel.ts'
import { invalid, readMessage, type Field, type Fields } from '../message-fields.ts'
import { checkWorkload, RUN_HERE, type Workloads } from './workload.ts'

export interface BatchRequest extends Workloads {
  readonly labels?: Readonly<Record<string, string>>
  readonly runtimeConfig: { readonly version: string; readonly properties?: Readonly<Record<string, string>> }
  readonly environmentConfig: {
    readonly executionConfig: {
      readonly serviceAccount: string
      readonly stagingBucket: string
      readonly ttl: string
      readonly subnetworkUri?: string
    }
  }
}

const text: Field = { kind: 'string' }
const texts: Field = { kind: 'list', of: text }
const ignored: Field = { kind: 'ignored' }
const message = (fields: Fields): Field => ({ kind: 'message', fields })

const BATCH: Fields = {
  name: ignored,
  uuid: ignored,
  createTime: ignored,
  runtimeInfo: ignored,
  state: ignored,
  stateMessage: ignored,
  stateTime: ignored,
  creator: ignored,
  operation: ignored,
  stateHistory: ignored,
  pysparkBatch: message({
    mainPythonFileUri: text,
    args: texts,
    pythonFileUris: texts,
    jarFileUris: texts,
    fileUris: texts,
    archiveUris: texts,
  }),
  sparkBatch: message({
    mainJarFileUri: text,
    mainClass: text,
    args: texts,
    jarFileUris: texts,
    fileUris: texts,
    archiveUris: texts,
  }),
  sparkRBatch: message({ mainRFileUri: text, args: texts, fileUris: texts, archiveUris: texts }),
  sparkSqlBatch: message({ queryFileUri: text, queryVariables: { kind: 'map' }, jarFileUris: texts }),
  pysparkNotebookBatch: message({
    notebookFileUri: text,
    params: { kind: 'map' },
    pythonFileUris: texts,
    jarFileUris: texts,
    fileUris: texts,
    archiveUris: texts,
  }),
  labels: { kind: 'map' },
  runtimeConfig: message({
    version: text,
    containerImage: text,
    properties: { kind: 'map' },
    cohort: text,
    repositoryConfig: message({ pypiRepositoryConfig: message({ pypiRepository: text }) }),
    autotuningConfig: message({ scenarios: texts }),
  }),
  environmentConfig: message({
    executionConfig: message({
      serviceAccount: text,
      networkUri: text,
      subnetworkUri: text,
      networkTags: texts,
      kmsKey: text,
      idleTtl: { kind: 'duration' },
      ttl: { kind: 'duration' },
      stagingBucket: text,
      authenticationConfig: message({
        userWorkloadAuthenticationType: {
          kind: 'enum',
          values: ['AUTHENTICATION_TYPE_UNSPECIFIED', 'SERVICE_ACCOUNT', 'END_USER_CREDENTIALS'],
        },
      }),
      resourceManagerTags: { kind: 'map' },
    }),
    peripheralsConfig: message({
      metastoreService: text,
      sparkHistoryServerConfig: message({ dataprocCluster: text }),
    }),
  }),
}
const WORKLOADS = ['pysparkBatch', 'sparkBatch', 'sparkRBatch', 'sparkSqlBatch', 'pysparkNotebookBatch']
/**
 * Fields that would change what runs or where it may read; ignoring them would answer with a different
 * result.
 */
const NOT_RUN = [
  'runtimeConfig.containerImage',
  'runtimeConfig.autotuningConfig',
  'runtimeConfig.repositoryConfig',
  'environmentConfig.peripheralsConfig.metastoreService',
  'environmentConfig.peripheralsConfig.sparkHistoryServerConfig',
  'environmentConfig.executionConfig.kmsKey',
  'environmentConfig.executionConfig.networkUri',
] as const
/** What speaks to firewalls and to the metrics of other runs, of which there are none here: the result is the same. */
const WITHOUT_EFFECT = [
  'environmentConfig.executionConfig.networkTags',
  'environmentConfig.executionConfig.resourceManagerTags',
  'runtimeConfig.cohort',
] as const
const RUNTIME = '2.3'
const DEFAULT_TTL = '14400s'

/** `defaults` are what the managed service would choose: its staging bucket and default workload account. */
export function readBatch(body: unknown, defaults: { readonly stagingBucket: string }): BatchRequest {
  const batch = readMessage(body, BATCH, 'batch')
  const workloads = WORKLOADS.filter((name) => batch[name] !== undefined)
  if (workloads.length !== 1)
    throw invalid(
      'batch',
      workloads.length === 0
        ? 'Batch config is required: one of pyspark_batch, spark_batch, spark_r_batch, spark_sql_batch must be set.'
        : `Invalid value at 'batch' (oneof), oneof field 'batch_config' is already set. Cannot set '${workloads[1]}'`,
    )
  const [workload = ''] = workloads
  if (!RUN_HERE.includes(workload)) throw notRun(`batch.${workload}`)
  const execution = (at(batch, 'environmentConfig.executionConfig') ?? {}) as Record<
    string,
    string | undefined
  >
  if (execution.networkUri !== undefined && execution.subnetworkUri !== undefined)
    throw invalid(
      'batch.environment_config.execution_config',
      "oneof field 'network' is already set. Cannot set 'subnetworkUri'",
    )
  for (const path of NOT_RUN) if (at(batch, path) !== undefined) throw notRun(`batch.${path}`)
  if (execution.idleTtl !== undefined)
    throw invalid(
      'batch.environment_config.execution_config.idle_ttl',
      'idle_ttl cannot be set on a batch workload.',
    )
  if (
    at(batch, 'environmentConfig.executionConfig.authenticationConfig.userWorkloadAuthenticationType') ===
    'END_USER_CREDENTIALS'
  )
    throw notRun('user_workload_authentication_type END_USER_CREDENTIALS')
  checkLabels(batch.labels as Record<string, string> | undefined)
  checkWorkload({ [workload]: batch[workload] })
  const runtime = (batch.runtimeConfig ?? {}) as { version?: string; properties?: Record<string, string> }
  checkProperties(runtime.properties)
  if (runtime.version && !/^2\.3(\.\d+)?$/.test(runtime.version))
    throw notRun(
      `runtime version ${JSON.stringify(runtime.version.slice(0, 50))} (this cloud runs ${RUNTIME})`,
    )
  return {
    ...batch,
    labels: batch.labels as Record<string, string> | undefined,
    runtimeConfig: { ...runtime, version: runtime.version || RUNTIME },
    environmentConfig: {
      ...(batch.environmentConfig as object | undefined),
      executionConfig: {
        ...execution,
        serviceAccount: checkAccount(execution.serviceAccount),
        stagingBucket: checkBucket(execution.stagingBucket ?? defaults.stagingBucket),
        ttl: checkTtl(execution.ttl ?? DEFAULT_TTL),
      },
    },
  }
}

export const fieldsWithoutEffect = (batch: BatchRequest): readonly string[] =>
  WITHOUT_EFFECT.filter((path) => at(batch, path) !== undefined)

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], value)
}

function notRun(what: string): CloudError {
  return new CloudError(501, 'notImplemented', `${what} is not implemented by the local cloud.`)
}

function checkLabels(labels: Readonly<Record<string, string>> = {}): void {
  if (Object.keys(labels).length > 32)
    throw invalid('batch.labels', 'No more than 32 labels can be associated with a batch.')
  for (const [key, value] of Object.entries(labels)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(key))
      throw invalid(
        'batch.labels',
        `Invalid label key ${JSON.stringify(key.slice(0, 80))}: it must conform to RFC 1035.`,
      )
    if (!/^[a-z0-9_-]{0,63}$/.test(value))
      throw invalid(
        'batch.labels',
        `Invalid label value ${JSON.stringify(value.slice(0, 80))} of ${key}: it must conform to RFC 1035.`,
      )
  }
}

function checkProperties(properties: Readonly<Record<string, string>> = {}): void {
  for (const [key, value] of Object.entries(properties)) {
    if (!/^[A-Za-z][\w.:-]{0,250}$/.test(key) || /[\r\n\0]/.test(value))
      throw invalid(
        'batch.runtime_config.properties',
        `Invalid property ${JSON.stringify(key.slice(0, 100))}.`,
      )
    if (
      /^(spark:)?spark\.(master|submit\.|jars\.(packages|ivy|repositories)|driver\.extraClassPath)/.test(key)
    )
      throw invalid('batch.runtime_config.properties', `Attempted to set unsupported properties: [${key}]`)
  }
}

function checkAccount(account: string | undefined): string {
  if (!account)
    throw new CloudError(
      501,
      'notImplemented',
      "A batch without execution_config.service_account (the project's default compute account) is not implemented by the local cloud.",
    )
  if (!/^[a-z0-9.:-]{1,100}@[a-z0-9.-]{1,100}$/.test(account))
    throw invalid(
      'batch.environment_config.execution_config.service_account',
      `Invalid service account ${JSON.stringify(account.slice(0, 200))}.`,
    )
  return account
}

function checkBucket(bucket: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket))
    throw invalid(
      'batch.environment_config.execution_config.staging_bucket',
      `Invalid staging bucket ${JSON.stringify(bucket.slice(0, 200))}: a bucket name is needed, not a URI.`,
    )
  return bucket
}

function checkTtl(ttl: string): string {
  const seconds = Number.parseFloat(ttl)
  if (seconds < 600 || seconds > 14 * 86_400)
    throw invalid(
      'batch.environment_config.execution_config.ttl',
      `Invalid ttl ${ttl}: it must be between 10 minutes and 14 days.`,
    )
  return ttl
}
