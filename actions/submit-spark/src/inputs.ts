/**
 * What the author of the workflow asks of `submit-spark`. It refuses what Google would refuse, before
 * anything is uploaded.
 */
import { InputError, wrongValue } from '../../_shared/errors.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'

export interface SparkInputs {
  readonly main: string
  readonly args: readonly string[]
  readonly pyFiles: readonly string[]
  readonly jars: readonly string[]
  readonly files: readonly string[]
  readonly archives: readonly string[]
  readonly region: string
  readonly projectId: string | undefined
  /** Undefined only when nothing is submitted. */
  readonly serviceAccount: string | undefined
  readonly stagingBucket: string
  readonly runtimeVersion: string
  readonly properties: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly batchId: string | undefined
  readonly ttlSeconds: number | undefined
  readonly subnetwork: string | undefined
  readonly networkTags: readonly string[]
  readonly timeoutMs: number
  readonly pricePerDcuHour: number
  readonly pricePerShuffleGbHour: number
  readonly isStageOnly: boolean
  readonly isDryRun: boolean
  readonly expectedPlan: string
  readonly matrix: string
  readonly allowedHosts: readonly string[]
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

export function parseInputs(inputs: Inputs): SparkInputs {
  const isStageOnly = inputs.boolean('stage-only', false)
  return {
    main: matching(inputs.required('main'), /\.(py|jar|R|r|sql)$/, 'main', 'a .py, .jar, .R or .sql file'),
    args: inputs.lines('args'),
    pyFiles: inputs.lines('py-files'),
    jars: inputs.lines('jars').map((jar) => matching(jar, /\.jar$/, 'jars', 'a .jar file')),
    files: inputs.lines('files'),
    archives: inputs
      .lines('archives')
      .map((archive) =>
        matching(
          archive,
          /\.(zip|tar|tar\.gz|tgz|jar)$/,
          'archives',
          'a .zip, .tar, .tar.gz, .tgz or .jar file',
        ),
      ),
    region: matching(
      inputs.required('region'),
      /^[a-z]+-[a-z]+\d+$/,
      'region',
      'a region such as us-central1',
    ),
    projectId: inputs.text('project-id') || undefined,
    stagingBucket: matching(
      inputs
        .required('staging-bucket')
        .replace(/^gs:\/\//, '')
        .replace(/\/$/, ''),
      /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
      'staging-bucket',
      'the name of a bucket',
    ),
    serviceAccount: serviceAccount(inputs, isStageOnly),
    runtimeVersion: matching(
      inputs.text('runtime-version', '2.3'),
      /^\d+\.\d+(\.\d+)?$/,
      'runtime-version',
      'a version such as 2.3',
    ),
    properties: inputs.pairs('properties'),
    labels: inputs.pairs('labels'),
    batchId:
      matching(
        inputs.text('batch-id'),
        /^([a-z0-9][a-z0-9-]{2,61}[a-z0-9])?$/,
        'batch-id',
        '4 to 63 lower-case letters, digits and hyphens',
      ) || undefined,
    ttlSeconds: ttl(inputs.text('ttl')),
    subnetwork:
      matching(
        inputs.text('subnetwork'),
        /^([A-Za-z0-9:/._-]{1,400})?$/,
        'subnetwork',
        'the name of a subnetwork',
      ) || undefined,
    networkTags: inputs
      .list('network-tags')
      .map((tag) => matching(tag, /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'network-tags', 'a network tag')),
    timeoutMs: inputs.integer('timeout-minutes', { min: 1, max: 20_160, fallback: 60 }) * 60_000,
    pricePerDcuHour: inputs.decimal('price-per-dcu-hour', { min: 0, max: 1000, fallback: 0.06 }),
    pricePerShuffleGbHour: inputs.decimal('price-per-shuffle-gb-hour', {
      min: 0,
      max: 1000,
      fallback: 0.000054795,
    }),
    isStageOnly,
    isDryRun: inputs.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(inputs),
    matrix: inputs.text('matrix'),
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
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
    'the e-mail address of a service account',
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

function matching(value: string, pattern: RegExp, input: string, accepted: string): string {
  if (!pattern.test(value)) throw wrongValue(input, value, accepted)
  return value
}
