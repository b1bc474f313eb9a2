/** The table of counts here and in production; it refuses to call a difference good or bad. */
import type { SummaryBlock } from '../../_shared/report.ts'
import type { Compared } from './compare.ts'

export function describeCompared(compared: readonly Compared[]): SummaryBlock[] {
  if (compared.length === 0) return []
  const rows = compared.map(({ name, key, production, here, why }) => [
    name,
    ...(why === undefined
      ? [
          count(production?.rows),
          count(here?.rows),
          change(production?.rows, here?.rows),
          key.join(', '),
          count(production?.keys),
          count(here?.keys),
        ]
      : ['', '', `not compared: ${why}`, key.join(', '), '', '']),
  ])
  return [
    { kind: 'text', text: 'Compared with production:' },
    {
      kind: 'table',
      head: ['Model', 'Rows there', 'Rows here', 'Change', 'Key', 'Keys there', 'Keys here'],
      rows,
    },
  ]
}

const count = (value: number | undefined): string => value?.toLocaleString('en-US') ?? ''

function change(before: number | undefined, now: number | undefined): string {
  if (before === undefined || now === undefined) return ''
  const by = now - before
  if (by === 0) return 'none'
  const percent = before === 0 ? '' : ` (${((by / before) * 100).toFixed(1).replace('-', '−')} %)`
  return `${by > 0 ? '+' : '−'}${Math.abs(by).toLocaleString('en-US')}${percent}`
}
