/**
 * What a batch would roughly have cost: the declared cores and memory over the real wall time. An estimate by
 * the published formula, not a bill.
 */
import type { BatchRequest } from './batch-request.ts'

/**
 * Defaults of the managed runtime when the batch declares nothing: 4 cores and 9600 MiB for the driver and
 * each of two executors.
 */
const DEFAULTS = {
  'spark.driver.cores': '4',
  'spark.executor.cores': '4',
  'spark.driver.memory': '9600m',
  'spark.executor.memory': '9600m',
  'spark.executor.instances': '2',
}
/**
 * https://cloud.google.com/dataproc-serverless/pricing: 0.6 DCU a core, 0.1 DCU a GB (up to 8 GB a core), 100
 * GB of shuffle disk a core.
 */
const MILLI_DCU_PER_CORE = 600
const MILLI_DCU_PER_GB = 100
const SHUFFLE_GB_PER_CORE = 100

/** int64 values are strings in JSON. */
export function usageOf(
  request: BatchRequest,
  seconds: number,
): { milliDcuSeconds: string; shuffleStorageGbSeconds: string } {
  const given = Object.fromEntries(
    Object.entries(request.runtimeConfig.properties ?? {}).map(([key, value]) => [
      key.replace(/^spark:/, ''),
      value,
    ]),
  )
  const read = (key: keyof typeof DEFAULTS): string => given[key] ?? DEFAULTS[key]
  const executors = whole(read('spark.executor.instances'))
  const cores = whole(read('spark.driver.cores')) + executors * whole(read('spark.executor.cores'))
  const gigabytes =
    memoryGb(read('spark.driver.memory')) + executors * memoryGb(read('spark.executor.memory'))
  return {
    milliDcuSeconds: String(
      Math.round(seconds * (cores * MILLI_DCU_PER_CORE + gigabytes * MILLI_DCU_PER_GB)),
    ),
    shuffleStorageGbSeconds: String(Math.round(seconds * cores * SHUFFLE_GB_PER_CORE)),
  }
}

const whole = (text: string): number => (/^\d{1,6}$/.test(text) ? Number(text) : 0)

/** Spark's sizes: `9600m`, `4g`, and MiB without a unit. */
function memoryGb(text: string): number {
  const [, number, unit = 'm'] = /^(\d{1,9})([kmgt])?b?$/i.exec(text) ?? []
  if (number === undefined) return 0
  return (
    Number(number) *
    { k: 1 / 1024 ** 2, m: 1 / 1024, g: 1, t: 1024 }[unit.toLowerCase() as 'k' | 'm' | 'g' | 't']
  )
}
