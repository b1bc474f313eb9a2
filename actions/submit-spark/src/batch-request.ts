/**
 * Builds the batch that Google is asked for, as its discovery document spells it. It refuses to choose
 * anything the inputs did not.
 */
import { InputError, quotedValue } from '../../_shared/errors.ts'
import type { SparkInputs } from './inputs.ts'

export type BatchRequest = Readonly<Record<string, unknown>>

/** @param uriOf gives the `gs://` URI of a given path. */
export function batchRequest(
  inputs: SparkInputs,
  uriOf: (given: string) => string,
  origin: Readonly<Record<string, string>>,
): BatchRequest {
  const { service } = inputs
  const peripherals = {
    ...(service.metastore === undefined ? {} : { metastoreService: service.metastore }),
    ...(service.historyServer === undefined
      ? {}
      : { sparkHistoryServerConfig: { dataprocCluster: service.historyServer } }),
  }
  return {
    ...workload(inputs, uriOf),
    labels: labels(inputs.labels, origin),
    runtimeConfig: {
      version: inputs.runtimeVersion,
      ...(Object.keys(inputs.properties).length === 0 ? {} : { properties: inputs.properties }),
      ...(service.containerImage === undefined ? {} : { containerImage: service.containerImage }),
      ...(service.cohort === undefined ? {} : { cohort: service.cohort }),
      ...(service.autotuning.length === 0 ? {} : { autotuningConfig: { scenarios: service.autotuning } }),
    },
    environmentConfig: {
      executionConfig: {
        serviceAccount: inputs.serviceAccount,
        stagingBucket: inputs.stagingBucket,
        // Runtimes from 3.0 on would otherwise run with the submitter's own credentials.
        authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
        ...(inputs.ttlSeconds === undefined ? {} : { ttl: `${inputs.ttlSeconds}s` }),
        ...(inputs.subnetwork === undefined ? {} : { subnetworkUri: inputs.subnetwork }),
        ...(inputs.networkTags.length === 0 ? {} : { networkTags: inputs.networkTags }),
        ...(service.kmsKey === undefined ? {} : { kmsKey: service.kmsKey }),
      },
      ...(Object.keys(peripherals).length === 0 ? {} : { peripheralsConfig: peripherals }),
    },
  }
}

/** What runs, of which files. It refuses lists that this kind of batch does not take. */
export function workload(inputs: SparkInputs, uriOf: (given: string) => string): object {
  const some = (name: string, given: readonly string[]) =>
    given.length === 0 ? {} : { [name]: given.map(uriOf) }
  const main = uriOf(inputs.main)
  const args = inputs.args.length === 0 ? {} : { args: inputs.args }
  const refuse = (input: string, given: readonly string[], kind: string) => {
    if (given.length > 0)
      throw new InputError(`Building the batch: a ${kind} batch takes no ${input}.`, {
        input,
        given: given[0] ?? '',
        accepted: 'nothing',
        hint: `Leave ${input} empty, or give a .py main.`,
      })
  }
  if (/\.py$/.test(main))
    return {
      pysparkBatch: {
        mainPythonFileUri: main,
        ...args,
        ...some('pythonFileUris', inputs.pyFiles),
        ...some('jarFileUris', inputs.jars),
        ...some('fileUris', inputs.files),
        ...some('archiveUris', inputs.archives),
      },
    }
  refuse('py-files', inputs.pyFiles, main.slice(main.lastIndexOf('.')))
  if (/\.jar$/.test(main))
    return {
      sparkBatch: {
        // A class is found in the jars; alone, a jar names its own.
        ...(inputs.mainClass === undefined
          ? { mainJarFileUri: main, ...some('jarFileUris', inputs.jars) }
          : { mainClass: inputs.mainClass, jarFileUris: [main, ...inputs.jars.map(uriOf)] }),
        ...args,
        ...some('fileUris', inputs.files),
        ...some('archiveUris', inputs.archives),
      },
    }
  if (/\.[Rr]$/.test(main)) {
    refuse('jars', inputs.jars, '.R')
    return {
      sparkRBatch: {
        mainRFileUri: main,
        ...args,
        ...some('fileUris', inputs.files),
        ...some('archiveUris', inputs.archives),
      },
    }
  }
  for (const [input, given] of [
    ['args', inputs.args],
    ['files', inputs.files],
    ['archives', inputs.archives],
  ] as const)
    refuse(input, given, '.sql')
  const variables =
    Object.keys(inputs.queryVariables).length === 0 ? {} : { queryVariables: inputs.queryVariables }
  return { sparkSqlBatch: { queryFileUri: main, ...variables, ...some('jarFileUris', inputs.jars) } }
}

/**
 * At most 32; keys and values in lower case, other characters become hyphens (branch names, repository
 * names).
 */
export function labels(
  given: Readonly<Record<string, string>>,
  origin: Readonly<Record<string, string>>,
): Record<string, string> {
  const result: Record<string, string> = {}
  const taken = new Map<string, string>()
  for (const [key, value] of Object.entries(origin)) if (value !== '') result[key] = labelText(value)
  for (const [key, value] of Object.entries(given)) {
    const clean = labelText(key)
    if (clean === 'submit-spark-request')
      throw new InputError(
        'Reading input labels: submit-spark-request proves whose batch it is and is set by the action; take it out.',
        { input: 'labels', given: key },
      )
    if (!/^[a-z]/.test(clean))
      throw new InputError(
        `Reading input labels: the key ${quotedValue(key)} does not begin with a letter; rename it.`,
        { input: 'labels', given: key, accepted: 'keys that begin with a letter' },
      )
    const twin = taken.get(clean)
    if (twin !== undefined)
      throw new InputError(
        `Reading input labels: ${twin} and ${key} become one label, ${clean}, because Google takes lower-case letters, digits, _ and - only; rename one.`,
        { input: 'labels', given: key, accepted: 'keys that differ in the form Google takes' },
      )
    taken.set(clean, key)
    result[clean] = labelText(value)
  }
  // One more is the label that proves whose batch it is.
  if (Object.keys(result).length > 31)
    throw new InputError(
      `Reading input labels: ${Object.keys(result).length + 1} labels with those of the run, Google takes 32; remove some.`,
      { input: 'labels', given: String(Object.keys(result).length + 1), accepted: 'at most 32 labels' },
    )
  return result
}

/** What became of the author's labels, where that is not what they wrote. */
export function labelNotes(given: Readonly<Record<string, string>>): string[] {
  return Object.entries(given)
    .map(([key, value]) => [`${key}=${value}`, `${labelText(key)}=${labelText(value)}`])
    .filter(([asked, got]) => asked !== got)
    .map(
      ([asked, got]) =>
        `The label ${asked} is set as ${got}: Google takes lower-case letters, digits, _ and -.`,
    )
}

/** Letters lose their accents before what is left becomes hyphens. */
export function labelText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
}
