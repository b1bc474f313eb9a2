/**
 * What a run would read and cost, compared with the run before, and the limits its author set. It refuses to
 * call a model without an estimate free.
 */
import { few, spelledBytes, spelledDollars } from '../../_shared/amounts.ts'
import { RefusedError } from '../../_shared/errors.ts'
import type { Accuracy } from '../../_shared/google/bigquery-dry-run.ts'

export interface NodeCost {
  readonly id: string
  readonly name: string
  readonly resourceType: string
  readonly materialized: string
  /** undefined when BigQuery could not say. */
  readonly bytes?: number
  readonly accuracy: Accuracy
  /** Why there is no estimate. */
  readonly why?: string
  /** Of its last run on the main branch. */
  readonly before?: number
}
export interface Prices {
  readonly pricePerTib: number
  readonly runsPerMonth?: number
}
export interface CostLimits {
  readonly maxBytes?: number
  readonly maxCostUsd?: number
  readonly maxIncreasePercent?: number
}

const TIB = 2 ** 40

export const dollars = (bytes: number, { pricePerTib }: Prices): number => (bytes / TIB) * pricePerTib

export interface Total {
  readonly bytes: number
  readonly unknown: readonly string[]
  /** Of those nodes that also ran before: now and then. */
  readonly compared?: { readonly now: number; readonly before: number }
}

export function totalOf(costs: readonly NodeCost[]): Total {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, bytes) => total + bytes, 0)
  const known = costs.filter((cost) => cost.bytes !== undefined)
  const both = known.filter((cost) => cost.before !== undefined)
  return {
    bytes: sum(known.map((cost) => cost.bytes ?? 0)),
    unknown: costs.filter((cost) => cost.bytes === undefined).map(({ name }) => name),
    compared:
      both.length === 0
        ? undefined
        : {
            now: sum(both.map((cost) => cost.bytes ?? 0)),
            before: sum(both.map((cost) => cost.before ?? 0)),
          },
  }
}

/**
 * What the limits did not judge, for whoever takes a green run for a cheap one.
 * @param names of what was not estimated.
 */
export function whatLimitsMissed(
  costs: readonly NodeCost[],
  names: readonly string[],
  limits: CostLimits,
  isEachQueryLimited: boolean,
): string[] {
  const given = [
    ['max-bytes', limits.maxBytes],
    ['max-cost-usd', limits.maxCostUsd],
    ['max-increase-percent', limits.maxIncreasePercent],
  ]
    .filter(([, limit]) => limit !== undefined)
    .map(([input]) => input)
  if (given.length === 0) return []
  const isUncompared = limits.maxIncreasePercent !== undefined && totalOf(costs).compared === undefined
  return [
    ...(names.length === 0
      ? []
      : [
          `${given.join(' and ')} did not judge ${few(names)}: what they read is not known before they run; ${isEachQueryLimited ? 'maximum-bytes-billed holds' : 'give maximum-bytes-billed, which holds'} for each query.`,
        ]),
    ...(isUncompared && costs.length > 0
      ? ['max-increase-percent judged nothing: no node of this run is known from a run on the main branch.']
      : []),
  ]
}

/** @throws RefusedError naming the limit, and the models that read most. */
export function checkCosts(costs: readonly NodeCost[], limits: CostLimits, prices: Prices): void {
  const { bytes, compared } = totalOf(costs)
  const most = [...costs]
    .filter((cost) => (cost.bytes ?? 0) > 0)
    .sort((left, right) => (right.bytes ?? 0) - (left.bytes ?? 0))
    .slice(0, 3)
    .map(({ name, bytes: own }) => `${name} ${spelledBytes(own ?? 0)}`)
    .join(', ')
  const refuse = (found: string, input: string, limit: string): never => {
    throw new RefusedError(
      `Estimating the run: it would ${found}, more than ${input} allows (${limit}); most is read by ${most || 'nothing'}. Nothing was run.`,
      {
        what: found,
        allowedBy: `${input}: a higher limit`,
        problem: 'dbt-cost',
        hint: `Read less (a partition filter, an incremental model), or raise ${input}.`,
      },
    )
  }
  if (limits.maxBytes !== undefined && bytes > limits.maxBytes)
    refuse(`read ${spelledBytes(bytes)}`, 'max-bytes', `${limits.maxBytes}`)
  const cost = dollars(bytes, prices)
  if (limits.maxCostUsd !== undefined && cost > limits.maxCostUsd)
    refuse(`cost ${spelledDollars(cost)}`, 'max-cost-usd', `${limits.maxCostUsd}`)
  if (limits.maxIncreasePercent === undefined || compared === undefined) return
  const { now, before } = compared
  if (now <= before * (1 + limits.maxIncreasePercent / 100)) return
  refuse(
    before === 0
      ? `read ${spelledBytes(now)} where the run before read nothing`
      : `read ${(((now - before) / before) * 100).toFixed(0)} % more than the run before (${spelledBytes(now)}, was ${spelledBytes(before)})`,
    'max-increase-percent',
    `${limits.maxIncreasePercent}`,
  )
}
