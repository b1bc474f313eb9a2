/** The words for what differs between here and production; it refuses to call a difference good or bad. */
import { lineDiff } from '../../_shared/line-diff.ts'
import type { SummaryBlock } from '../../_shared/report.ts'
import type { Compared } from './compare-tables.ts'

/** Before the run columns and contracts alone; after it rows and keys as well. */
export function describeCompared(compared: readonly Compared[]): SummaryBlock[] {
  if (compared.length === 0) return []
  const areCounted = compared.some(({ here }) => here !== undefined)
  const rows = compared.map((model) => [
    model.name,
    ...(areCounted ? countsIn(model) : []),
    model.why === undefined ? columnsIn(model) : `not known: ${model.why}`,
  ])
  const counts = ['Rows there', 'Rows here', 'Change', 'Key', 'Keys there', 'Keys here']
  return [
    { kind: 'text', text: 'Compared with production:' },
    { kind: 'table', head: ['Model', ...(areCounted ? counts : []), 'Columns and contract'], rows },
    ...compared.flatMap(({ name, before = '', after = '' }): SummaryBlock[] =>
      before === after ? [] : [{ kind: 'details', label: name, text: lineDiff(before, after) }],
    ),
  ]
}

function countsIn({ production, here, key }: Compared): string[] {
  return [
    count(production?.rows),
    count(here?.rows),
    production === undefined || here === undefined ? '' : change(production.rows, here.rows) || 'none',
    key.join(', '),
    count(production?.keys),
    count(here?.keys),
  ]
}

function columnsIn({ before, after }: Compared): string {
  const lines = (text: string | undefined): number => text?.split('\n').length ?? 0
  return before === undefined && after === undefined
    ? 'the same'
    : `${lines(before)} went, ${lines(after)} came`
}

/** In one line, as a plan says it. */
export function spelledCompared({ production, here, key, before, after, why }: Compared): string {
  if (why !== undefined) return why
  const said: string[] = []
  const say = (what: string, was: number | undefined, is: number | undefined): void => {
    if (was === undefined || is === undefined) return
    const by = change(was, is)
    said.push(
      by === '' ? `${count(is)} ${what} as in production` : `${what} ${count(was)} to ${count(is)}, ${by}`,
    )
  }
  say('rows', production?.rows, here?.rows)
  say(`keys of ${key.join(', ')}`, production?.keys, here?.keys)
  said.push(before === undefined && after === undefined ? 'the same columns' : 'other columns')
  return said.join('; ')
}

const count = (value: number | undefined): string => value?.toLocaleString('en-US') ?? ''

function change(before: number, now: number): string {
  const by = now - before
  if (by === 0) return ''
  const percent = before === 0 ? '' : ` (${((by / before) * 100).toFixed(1).replace('-', '−')} %)`
  return `${by > 0 ? '+' : '−'}${Math.abs(by).toLocaleString('en-US')}${percent}`
}
