/**
 * What a batch runs: Python, a jar or SQL, brought into one shape and checked as Google checks it. What this cloud
 * does not run is refused by name.
 */
import { CloudError } from '../kernel.ts'
import { invalid } from '../message-fields.ts'

export type WorkloadName = 'pysparkBatch' | 'sparkBatch' | 'sparkSqlBatch'
interface WireWorkload {
  readonly mainPythonFileUri?: string
  readonly mainJarFileUri?: string
  readonly mainClass?: string
  readonly queryFileUri?: string
  readonly queryVariables?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly pythonFileUris?: readonly string[]
  readonly jarFileUris?: readonly string[]
  readonly fileUris?: readonly string[]
  readonly archiveUris?: readonly string[]
}
export type Workloads = { readonly [name in WorkloadName]?: WireWorkload }
export interface Workload {
  readonly kind: 'python' | 'jar' | 'sql'
  /** Absent when a class is found in the jars. */
  readonly mainUri?: string
  readonly mainClass?: string
  readonly variables: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly pythonUris: readonly string[]
  readonly jarUris: readonly string[]
  readonly fileUris: readonly string[]
  readonly archiveUris: readonly string[]
}

export const RUN_HERE: readonly string[] = ['pysparkBatch', 'sparkBatch', 'sparkSqlBatch']

const MAIN_KINDS = {
  mainPythonFileUri: /\.py$/,
  mainJarFileUri: /\.jar$/,
  queryFileUri: /\.sql$/,
} as const
const LIST_KINDS = {
  pythonFileUris: /\.(py|egg|zip)$/,
  jarFileUris: /\.jar$/,
  fileUris: /./,
  archiveUris: /\.(jar|tar|tar\.gz|tgz|zip)(#[\w.-]+)?$/,
} as const

/** The one workload of a batch that `checkWorkload` has let through. */
export function workloadOf(batch: Workloads): Workload {
  const wire = batch.pysparkBatch ?? batch.sparkBatch ?? batch.sparkSqlBatch ?? {}
  return {
    kind: batch.pysparkBatch ? 'python' : batch.sparkBatch ? 'jar' : 'sql',
    mainUri: wire.mainPythonFileUri ?? wire.mainJarFileUri ?? wire.queryFileUri,
    mainClass: wire.mainClass,
    variables: wire.queryVariables ?? {},
    args: wire.args ?? [],
    pythonUris: wire.pythonFileUris ?? [],
    jarUris: wire.jarFileUris ?? [],
    fileUris: wire.fileUris ?? [],
    archiveUris: wire.archiveUris ?? [],
  }
}

export function checkWorkload(batch: Workloads): void {
  const [name, wire] = Object.entries(batch)[0] as [WorkloadName, WireWorkload]
  const path = `batch.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
  if (name === 'pysparkBatch' && !wire.mainPythonFileUri)
    throw invalid(`${path}.main_python_file_uri`, 'Main python file is required.')
  if (name === 'sparkSqlBatch' && !wire.queryFileUri)
    throw invalid(`${path}.query_file_uri`, 'Query file is required.')
  if (name === 'sparkBatch') checkDriver(wire, path)
  for (const [field, suffix] of Object.entries({ ...MAIN_KINDS, ...LIST_KINDS })) {
    const uris = [wire[field as keyof typeof MAIN_KINDS | keyof typeof LIST_KINDS] ?? []].flat()
    for (const uri of uris) checkUri(uri, suffix, `${path}.${field}`)
    const names = uris.map((uri) => uri.slice(uri.lastIndexOf('/') + 1))
    if (new Set(names).size < names.length)
      throw invalid(`${path}.${field}`, `Two files of ${field} have the same name.`)
  }
  for (const variable of Object.keys(wire.queryVariables ?? {}))
    if (!/^[A-Za-z_][\w.]{0,200}$/.test(variable))
      throw invalid(`${path}.query_variables`, `Invalid variable ${JSON.stringify(variable.slice(0, 100))}.`)
}

function checkDriver(wire: WireWorkload, path: string): void {
  if (wire.mainJarFileUri && wire.mainClass)
    throw invalid(path, "oneof field 'driver' is already set. Cannot set 'mainClass'")
  if (!wire.mainJarFileUri && !wire.mainClass)
    throw invalid(path, 'One of main_jar_file_uri, main_class must be set.')
  if (wire.mainClass && !/^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/.test(wire.mainClass))
    throw invalid(`${path}.main_class`, `Invalid class ${JSON.stringify(wire.mainClass.slice(0, 200))}.`)
}

function checkUri(uri: string, suffix: RegExp, field: string): void {
  const shown = JSON.stringify(uri.slice(0, 200))
  if (/^(file:\/\/)?\//.test(uri))
    throw new CloudError(
      501,
      'notImplemented',
      `The file ${shown} of the managed runtime's image is not implemented by the local cloud.`,
    )
  if (!/^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]\/[^\r\n]*[^/\r\n]$/.test(uri))
    throw invalid(field, `Invalid URI ${shown}: only gs://BUCKET/OBJECT is supported.`)
  if (!suffix.test(uri)) throw invalid(field, `Unsupported file type of ${shown}.`)
  // Spark takes these as comma-separated lists and reads # as an alias.
  const fileName = uri
    .slice(uri.lastIndexOf('/') + 1)
    .replace(field.endsWith('archiveUris') ? /#[\w.-]+$/ : /$^/, '')
  if (/[,*?#[\]{}\\]|[\0-\x1f]/.test(fileName)) throw invalid(field, `Invalid file name in ${shown}.`)
}
