/**
 * Renders the report page as one self-contained HTML file from a report value; it refuses to reach for the
 * network or to compute a number.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

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
    readonly clean: { readonly rows: number; readonly rejected: number; readonly duplicates: number }
    readonly sessions: { readonly rows: number; readonly events: number }
  }
  readonly views: Readonly<Record<string, readonly Row[]>>
  readonly timings: Readonly<Record<string, number>>
}

const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')
const chartLibrary = (): string => {
  const entry = createRequire(import.meta.url).resolve('chart.js')
  return readFileSync(entry.replace(/chart\.(c?js|umd\.js)$/, 'chart.umd.min.js'), 'utf8').replace(
    /\n?\/\/# sourceMappingURL=.*\s*$/,
    '\n',
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

/** The page of one report. Scripts are admitted by hash, so nothing that arrives in the data can run. */
export function renderReport(report: Report): string {
  const { kpi_top_products: _sameAsNamed, ...views } = report.views
  const [charts, figures, client] = [chartLibrary(), read('figures.js'), read('client.js')]
  const holes: Record<string, string> = {
    policy: `default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; script-src ${[charts, figures, client].map(hashSource).join(' ')}`,
    project: escapeHtml(report.project),
    input: escapeHtml(report.input.name),
    style: read('style.css'),
    report: escapeJson({ stages: report.stages, views }),
    charts,
    figures,
    client,
  }
  return read('template.html').replace(/\{\{(\w+)\}\}/g, (_, name: string) => holes[name] ?? '')
}
