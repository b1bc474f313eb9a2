/** What analysts open reads rows of days and never the facts: its price follows the days it shows, not the events in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { describedViews } from '../../scripts/metrics-page.ts'
import { repoRoot } from '../support/cloud.ts'

/** Events, sessions, and what the two are made of. */
const FACTS = ['fct_events', 'fct_sessions', 'int_sessions', 'stg_sessionized_events', 'sessionized_events']
const views = 'bigquery/views/caec_insights'
const marts = 'dbt/models/marts'
const text = (file: string): string => readFileSync(join(repoRoot, file), 'utf8')
const named = (sql: string): string[] => FACTS.filter((fact) => new RegExp(`\\b${fact}\\b`).test(sql))

describe('rows of days', () => {
  it.each(readdirSync(join(repoRoot, views)))('are all that %s reads', (file) => {
    expect(named(text(`${views}/${file}`))).toEqual([])
  })

  // The DAG's last task trusts in it: it asks fct_days, which is published last, and of a view only that it opens.
  it.each(readdirSync(join(repoRoot, views)))('tell %s, or a view that it reads, data_through', (file) => {
    const sql = text(`${views}/${file}`)
    const read = [...sql.matchAll(/ caec_insights\.(\w+)/g)].map(([, name]) => text(`${views}/${name}.sql`))
    expect(sql).toMatch(/\bdata_through$/m)
    expect([sql, ...read].join()).toMatch(
      /SELECT MAX\(last_event_ts\)( AS data_through)? FROM caec_analytics\.fct_days\b/,
    )
  })

  it('are all that dim_users reads', () => {
    expect(named(text(`${marts}/dim_users.sql`))).toEqual([])
  })

  it('are made again by the day: what a view reads is incremental, or a dimension', () => {
    const read = new Set(
      describedViews(repoRoot).flatMap(({ depends_on }) => depends_on.map((ref) => ref.slice(5, -2))),
    )
    expect([...read].sort()).toEqual(expect.arrayContaining(['dim_users', 'fct_visitor_days']))
    for (const mart of read)
      expect([mart, /materialized='(\w+)'/.exec(text(`${marts}/${mart}.sql`))?.[1]]).toEqual([
        mart,
        mart.startsWith('dim_') ? 'table' : 'incremental',
      ])
  })

  it('are all that the report page says it reads', () => {
    const { exposures } = parse(text('dbt/models/views.yml')) as {
      exposures: { name: string; depends_on: string[] }[]
    }
    const page = exposures.find(({ name }) => name === 'report_page')!
    expect(named(page.depends_on.join(' '))).toEqual([])
  })
})
