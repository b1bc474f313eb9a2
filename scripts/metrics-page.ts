/**
 * Writes docs/metrics.md, the dictionary of what the views count, from dbt's YAML; it refuses a view or a column
 * that nobody described.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

export interface Metric {
  readonly numerator: string
  readonly denominator?: string
  readonly caveat?: string
}
export interface DescribedView {
  readonly name: string
  readonly label: string
  readonly description: string
  /** As dbt writes it: `ref('fct_events')`. */
  readonly depends_on: readonly string[]
  readonly config: {
    readonly meta: {
      readonly grain: readonly string[]
      readonly caveat?: string
      readonly metrics: Readonly<Record<string, Metric>>
    }
  }
}

const file = 'docs/metrics.md'
const SOURCE = 'dbt/models/views.yml'

export function describedViews(root: string): DescribedView[] {
  const { exposures } = parse(readFileSync(path.join(root, SOURCE), 'utf8')) as {
    readonly exposures: readonly (DescribedView & { readonly type: string })[]
  }
  return exposures.filter(({ type }) => type === 'analysis')
}

export function metricsPage(
  root: string,
  table: (heads: readonly string[], rows: readonly (readonly string[])[]) => string,
): { file: string; text: string } {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const sections = describedViews(root).map(({ name, label, description, config: { meta } }) => {
    const grain = meta.grain.map((column) => `\`${column}\``).join(' × ')
    const rows = [
      [grain, `${cell(label)}: ${cell(description)}`, '', cell(meta.caveat ?? '')],
      ...Object.entries(meta.metrics).map(([column, metric]) => [
        `\`${column}\``,
        cell(metric.numerator),
        cell(metric.denominator ?? ''),
        cell(metric.caveat ?? ''),
      ]),
    ]
    return [
      `## ${name}`,
      '',
      table(['grain, then columns', 'what is counted, or the numerator', 'denominator', 'caveat'], rows),
      '',
    ].join('\n')
  })
  const text = [
    '# What the views count',
    '',
    '*For whoever writes a number of `caec_insights` into a report. After it you know what was divided by what, and what may be added up.*',
    '',
    `Generated from [\`${SOURCE}\`](../${SOURCE}). Counts add up over the grain unless a caveat says otherwise. Words as in [the contract](contract.md#2-events).`,
    '',
    ...sections,
  ].join('\n')
  return { file, text }
}
