/**
 * Renders the report page as one self-contained HTML file from a report value; it refuses to reach for the
 * network or to compute a number.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

type Row = Readonly<Record<string, string | number | boolean | null>>

/**
 * report.json, schemaVersion 1: docs/contract.md and docs/schemas/report.schema.json. INT64 beyond 2^53 are strings,
 * dates and timestamps ISO strings in UTC.
 */
export interface Report {
  readonly schemaVersion: 1
  readonly project: string
  readonly input: { readonly sha256: string; readonly name: string }
  readonly stages: {
    readonly raw: { readonly rows: number }
    readonly clean: {
      readonly rows: number
      readonly rejected: number
      readonly duplicates: number
      /** Of visitors with more events on a day than any person has. */
      readonly quarantined: number
      /** Rejected rows by reason. */
      readonly reasons?: Readonly<Record<string, number>>
    }
    readonly sessions: { readonly rows: number; readonly events: number }
  }
  readonly views: Readonly<Record<string, readonly Row[]>>
  /** What the gate judged before these numbers were published, a row per check and verdict. */
  readonly gate?: readonly Row[]
  readonly timings: Readonly<Record<string, number>>
}

const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')
const styles = ['style.css', 'style-controls.css', 'style-charts.css', 'style-print.css']
/** In the order in which they need each other: figures compute, the client shows. */
const figures = [
  'figures.js',
  'figures-period.js',
  'figures-totals.js',
  'figures-charts.js',
  'figures-visitors.js',
]
const client = [
  'words.js',
  'filters.js',
  'tables.js',
  'charts.js',
  'drill-sql.js',
  'drill.js',
  'tiles.js',
  'trend.js',
  'bars.js',
  'heat.js',
  'cohorts.js',
  'visitors.js',
  'client.js',
]

/** Observable Plot and the D3 it stands on, as their packages ship them for a script element. */
function chartLibrary(): string[] {
  const here = createRequire(import.meta.url)
  const plot = here.resolve('@observablehq/plot')
  const d3 = createRequire(plot).resolve('d3')
  return [join(dirname(d3), '../dist/d3.min.js'), join(dirname(plot), '../dist/plot.umd.min.js')].map(
    (file) => readFileSync(file, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'),
  )
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
/** JSON inside a script element: `<` would let a product name close it. */
const escapeJson = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
const hashSource = (script: string): string =>
  `'sha256-${createHash('sha256').update(script).digest('base64')}'`

/**
 * By columns; a column of one value as that value, one whose texts repeat as these texts and their places: a sixth of the
 * bytes of rows, and of the time to read them.
 */
const pack = (rows: readonly Row[]): object => ({
  rows: rows.length,
  columns: Object.fromEntries(
    Object.keys(rows[0] ?? {}).map((name): [string, object] => {
      const each = rows.map((row) => row[name] ?? null)
      const texts = new Map<Row[string], number>()
      const at = each.map((value) => {
        if (!texts.has(value)) texts.set(value, texts.size)
        return texts.get(value)!
      })
      if (texts.size <= 1) return [name, { all: each[0] }]
      const repeats = texts.size * 2 < rows.length && each.some((value) => typeof value === 'string')
      return [name, repeats ? { texts: [...texts.keys()], at } : { each }]
    }),
  ),
})

/** The page of one report. Scripts are admitted by hash, so nothing that arrives in the data can run. */
export function renderReport(report: Report): string {
  const { kpi_top_products: _sameAsNamed, ...views } = report.views
  const scripts = [...chartLibrary(), figures.map(read).join('\n'), client.map(read).join('\n')]
  const holes: Record<string, string> = {
    policy: `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${scripts.map(hashSource).join(' ')}`,
    project: escapeHtml(report.project),
    input: escapeHtml(report.input.name),
    style: styles.map(read).join(''),
    report: escapeJson({
      project: report.project,
      stages: report.stages,
      gate: report.gate ?? [],
      views: Object.fromEntries(Object.entries(views).map(([name, rows]) => [name, pack(rows)])),
    }),
    scripts: scripts.map((script) => `<script>${script}</script>`).join('\n'),
  }
  return read('template.html').replace(/\{\{(\w+)\}\}/g, (_, name: string) => holes[name] ?? '')
}
