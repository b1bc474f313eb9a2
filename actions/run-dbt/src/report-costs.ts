/** Tables of what a run would read and what it read; it refuses to show a guess as a measurement. */
import type { SummaryBlock } from '../../_shared/report.ts'
import { spelledBytes, spelledDollars } from '../../_shared/amounts.ts'
import type { Command } from './commands.ts'
import { dollars, totalOf, type NodeCost, type Prices } from './costs.ts'
import type { Observed } from './observe.ts'
import type { NodeResult } from './results.ts'
import { readsUnseen } from './verbs.ts'

/** As often as commands run it: a second run reads again. */
export function costsSeen({ preview }: Observed): NodeCost[] {
  return preview?.commands.flatMap(({ costs }) => costs) ?? []
}

/** @param unseen names of what the estimate does not hold, nodes and else. */
export function describeCosts(
  costs: readonly NodeCost[],
  prices: Prices,
  unseen: readonly string[] = [],
): SummaryBlock[] {
  const { bytes, unknown, compared } = totalOf(costs)
  const cost = dollars(bytes, prices)
  const month =
    prices.runsPerMonth === undefined
      ? ''
      : `, ${spelledDollars(cost * prices.runsPerMonth)} a month at ${prices.runsPerMonth} runs`
  const change =
    compared === undefined
      ? ''
      : ` Of what also ran on the main branch: ${spelledBytes(compared.now)}, was ${spelledBytes(compared.before)}.`
  const beside = unseen.filter((name) => !unknown.includes(name))
  const missing = [
    unknown.length === 0 ? '' : ` Not in it, because BigQuery could not say: ${first(unknown)}.`,
    beside.length === 0 ? '' : ` Not in it, because no dry run tells of it: ${first(beside)}.`,
  ].join('')
  const rows = [...costs]
    .sort((left, right) => (right.bytes ?? -1) - (left.bytes ?? -1))
    .filter(({ bytes: own, before }) => own !== 0 || before !== undefined)
    .map((node) => [
      node.name,
      node.materialized || node.resourceType,
      node.bytes === undefined ? 'unknown' : spelledBytes(node.bytes),
      node.bytes === undefined ? (node.why ?? '') : node.accuracy.toLowerCase().replace('_', ' '),
      node.bytes === undefined ? '' : spelledDollars(dollars(node.bytes, prices)),
      node.before === undefined ? '' : spelledBytes(node.before),
    ])
  return [
    {
      kind: 'text',
      text: `Estimate: ${spelledBytes(bytes)}, ${spelledDollars(cost)} at $${prices.pricePerTib} per TiB${month}.${change}${missing}`,
    },
    ...(rows.length === 0
      ? []
      : [
          {
            kind: 'table',
            head: ['Node', 'Kind', 'Would read', 'Accuracy', 'Cost', 'Last run on main'],
            rows,
          } as const,
        ]),
  ]
}

const first = (names: readonly string[]): string =>
  `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`

export const MEASURED = ['Time', 'Slot time', 'Billed', 'Cost']

/** What BigQuery told of a node; empty where it told nothing. */
export function measured(node: NodeResult, prices: Prices): string[] {
  return [
    `${node.seconds.toFixed(1)} s`,
    node.slotMs === undefined ? '' : `${(node.slotMs / 1000).toFixed(1)} s`,
    node.bytesBilled === undefined ? '' : spelledBytes(node.bytesBilled),
    node.bytesBilled === undefined ? '' : spelledDollars(dollars(node.bytesBilled, prices)),
  ]
}

const SHOWN = 5

/** Names of nodes, hooks and commands whose reading is not in the estimate, each once. */
export function notEstimated({ preview }: Observed, commands: readonly Command[]): string[] {
  const seen = preview?.commands ?? []
  const unseen = commands.filter(({ verb }) => readsUnseen(verb)).map(({ verb }) => `dbt ${verb}`)
  return [
    ...new Set([
      ...totalOf(seen.flatMap(({ costs }) => costs)).unknown,
      ...seen.flatMap(({ hooks }) => hooks),
      ...unseen,
      ...(preview !== undefined && preview.queries > 0 ? [spelledQueries(preview.queries)] : []),
    ]),
  ]
}

/** Of macros that ask the warehouse while a model is compiled, which the look at it has to do. */
const spelledQueries = (count: number): string =>
  `${count} ${count === 1 ? 'query' : 'queries'} of macros while compiling`

/** A look is not free where the project itself asks. */
export function lookNotes({ preview }: Observed): string[] {
  return preview === undefined || preview.queries === 0
    ? []
    : [`Looking ran ${spelledQueries(preview.queries)}; only maximum-bytes-billed limits those.`]
}

/** Slowest and dearest, once there is something to choose from. */
export function describeMeasured(nodes: readonly NodeResult[], prices: Prices): SummaryBlock[] {
  const models = nodes.filter((node) => node.resourceType !== 'source')
  if (models.length <= SHOWN) return []
  const slowest = [...models].sort((left, right) => right.seconds - left.seconds).slice(0, SHOWN)
  const billed = models
    .filter((node) => (node.bytesBilled ?? 0) > 0)
    .sort((left, right) => (right.bytesBilled ?? 0) - (left.bytesBilled ?? 0))
    .slice(0, SHOWN)
  const row = (node: NodeResult): string[] => [node.name, ...measured(node, prices)]
  return [
    { kind: 'table', head: ['Slowest', ...MEASURED], rows: slowest.map(row) },
    ...(billed.length === 0
      ? []
      : [
          {
            kind: 'table',
            head: ['Dearest', ...MEASURED],
            rows: billed.map(row),
          } as const,
        ]),
  ]
}
