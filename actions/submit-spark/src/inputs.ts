/**
 * What the author of the workflow asks of `submit-spark`. It refuses what Google would refuse, before
 * anything is uploaded.
 */
import { InputError } from '../../_shared/errors.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'
import { readPrices } from './prices.ts'
import { readProperties } from './properties.ts'
import { matching, readMain, readWorkload } from './workload-inputs.ts'
import type { SparkInputs, ServiceInputs, Waiting } from './spark-inputs.ts'

export type { SparkInputs, ServiceInputs, Waiting } from './spark-inputs.ts'

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

export function parseInputs(inputs: Inputs): SparkInputs {
  const isStageOnly = inputs.boolean('stage-only', false)
  const region = readRegion(inputs.required('region'))
  const attach = batchIdOf(inputs, 'attach')
  const main = readMain(inputs, attach)
  const isWaiting = inputs.boolean('wait', true)
  return {
    main,
    attach,
    ...readWorkload(inputs, main),
    region,
    projectId: inputs.text('project-id') || undefined,
    stagingBucket: matching(
      (attach === undefined ? inputs.required('staging-bucket') : inputs.text('staging-bucket') || 'none')
        .replace(/^gs:\/\//, '')
        .replace(/\/$/, ''),
      /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
      'staging-bucket',
      'the name of a bucket (no path: files are put below submit-spark/ in it)',
    ),
    serviceAccount: serviceAccount(inputs, isStageOnly || attach !== undefined),
    runtimeVersion: matching(
      inputs.text('runtime-version', '2.3'),
      /^\d+\.\d+(\.\d+)?$/,
      'runtime-version',
      'a version such as 2.3',
    ),
    properties: readProperties(inputs),
    labels: inputs.pairs('labels'),
    batchId: batchIdOf(inputs, 'batch-id'),
    ttlSeconds: ttl(inputs.text('ttl')),
    subnetwork:
      matching(
        inputs.text('subnetwork'),
        /^([A-Za-z0-9:/._-]{1,400})?$/,
        'subnetwork',
        'a subnetwork such as default or projects/P/regions/R/subnetworks/S',
      ) || undefined,
    networkTags: inputs
      .list('network-tags')
      .map((tag) =>
        matching(
          tag,
          /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
          'network-tags',
          'a network tag (lower-case letters, digits and hyphens)',
        ),
      ),
    service: readService(inputs),
    timeoutMs: inputs.integer('timeout-minutes', { min: 1, max: 20_160, fallback: 60 }) * 60_000,
    waiting: readWaiting(inputs),
    ...readPrices(inputs, isWaiting),
    isWaiting,
    isStageOnly,
    isDryRun: inputs.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(inputs),
    matrix: inputs.text('matrix'),
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
  }
}

function readRegion(given: string): string {
  const zone = /^([a-z]+-[a-z]+\d+)-[a-z]$/.exec(given)?.[1]
  return matching(
    given,
    /^[a-z]+-[a-z]+\d+$/,
    'region',
    zone === undefined ? 'a region such as us-central1' : `a region (it is a zone of ${zone})`,
  )
}

function batchIdOf(inputs: Inputs, name: 'batch-id' | 'attach'): string | undefined {
  return (
    matching(
      inputs.text(name),
      /^([a-z0-9][a-z0-9-]{2,61}[a-z0-9])?$/,
      name,
      '4 to 63 lower-case letters, digits and hyphens',
    ) || undefined
  )
}

function readService(inputs: Inputs): ServiceInputs {
  const named = (name: string, pattern: RegExp, accepted: string) =>
    matching(inputs.text(name), new RegExp(`^(${pattern.source})?$`), name, accepted) || undefined
  return {
    containerImage: named(
      'container-image',
      // A project of a domain has a colon in its name: gcr.io/example.com:project/image.
      /[\w.-]+(:\d+)?(\/[\w.-]+\.[\w.-]+:[a-z][\w-]*(?=\/))?(\/[\w.-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?/,
      'an image such as us-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE:TAG',
    ),
    kmsKey: named(
      'kms-key',
      /projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+/,
      'projects/P/locations/L/keyRings/R/cryptoKeys/K',
    ),
    metastore: named(
      'metastore',
      /projects\/[^/]+\/locations\/[^/]+\/services\/[^/]+/,
      'projects/P/locations/L/services/S',
    ),
    historyServer: named(
      'history-server',
      /projects\/[^/]+\/regions\/[^/]+\/clusters\/[^/]+/,
      'projects/P/regions/R/clusters/C',
    ),
    cohort: named('cohort', /[a-z0-9][a-z0-9-]{0,61}[a-z0-9]/, 'lower-case letters, digits and hyphens'),
    autotuning: inputs
      .list('autotuning')
      .map((scenario) =>
        matching(
          scenario.toUpperCase().replaceAll('-', '_'),
          /^[A-Z][A-Z_]{1,60}$/,
          'autotuning',
          'scenarios such as scaling, broadcast-hash-join, memory, auto',
        ),
      ),
  }
}

/** The post step waits by the same inputs. */
export function readWaiting(inputs: Inputs): Waiting {
  return {
    toleranceMs: inputs.decimal('poll-tolerance-minutes', { min: 0, max: 1440, fallback: 10 }) * 60_000,
    longestPauseMs: inputs.decimal('poll-seconds', { min: 0.2, max: 300, fallback: 10 }) * 1000,
    settleMs: inputs.decimal('settle-seconds', { min: 0, max: 300, fallback: 6 }) * 1000,
  }
}

function serviceAccount(inputs: Inputs, isStageOnly: boolean): string | undefined {
  const given = inputs.text('service-account')
  if (given === '' && isStageOnly) return undefined
  if (given === '') {
    throw new InputError(
      'Reading input service-account: it is required and was not given (or is empty); add "service-account:" to the step\'s "with".',
      {
        input: 'service-account',
        given: '',
        accepted: 'the e-mail address of a service account',
        problem: 'missing-input',
        hint: 'Only "stage-only: true", which submits nothing, does without it.',
      },
    )
  }
  return matching(
    given,
    /^[A-Za-z0-9][\w.-]*@[a-z0-9.:-]+\.gserviceaccount\.com$/,
    'service-account',
    'the e-mail address of a service account, NAME@PROJECT.iam.gserviceaccount.com',
  )
}

function ttl(given: string): number | undefined {
  if (given === '') return undefined
  const match = /^(\d{1,7})([smhd])$/.exec(given)
  const seconds = match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : Number.NaN
  if (!(seconds >= 600 && seconds <= 14 * 86_400))
    matching(given, /^$/, 'ttl', 'a duration from 10m to 14d, such as 90m or 4h')
  return seconds
}
