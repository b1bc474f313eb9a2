/**
 * Makes report.json from what the stages counted and the analyst read; it refuses numbers that contradict
 * each other.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { Report } from './page.ts'
import type { Row } from './read-views.ts'

export interface StageCounts {
  readonly raw: number
  readonly clean: number
  readonly rejected: number
  readonly duplicates: number
  readonly quarantined: number
  readonly reasons?: Readonly<Record<string, number>>
  readonly sessions: number
  readonly sessionEvents: number
}

export class ReportError extends Error {
  override name = 'ReportError'
}

export const makeReport = (given: {
  project: string
  input: { sha256: string; name: string }
  counts: StageCounts
  views: Readonly<Record<string, readonly Row[]>>
  gate?: readonly Row[]
  timings: Readonly<Record<string, number>>
}): Report => {
  const { counts, views } = given
  const equal = (what: string, left: number, right: number): void => {
    if (left !== right)
      throw new ReportError(`the numbers contradict each other: ${what}: ${left} and ${right}`)
  }
  equal(
    'raw rows, and clean + rejected + duplicates + quarantined',
    counts.raw,
    counts.clean + counts.rejected + counts.duplicates + counts.quarantined,
  )
  equal('clean rows, and events in sessions', counts.clean, counts.sessionEvents)
  equal(
    'sessions loaded, and sessions in kpi_daily_sessions',
    counts.sessions,
    sum(views.kpi_daily_sessions, 'sessions'),
  )
  equal(
    'events loaded, and events in kpi_event_volume_by_type',
    counts.sessionEvents,
    sum(views.kpi_event_volume_by_type, 'events'),
  )
  return {
    schemaVersion: 1,
    project: given.project,
    input: given.input,
    views,
    stages: {
      raw: { rows: counts.raw },
      clean: {
        rows: counts.clean,
        rejected: counts.rejected,
        duplicates: counts.duplicates,
        quarantined: counts.quarantined,
        ...(counts.reasons === undefined ? {} : { reasons: counts.reasons }),
      },
      sessions: { rows: counts.sessions, events: counts.sessionEvents },
    },
    ...(given.gate === undefined ? {} : { gate: given.gate }),
    timings: Object.fromEntries(
      Object.entries(given.timings).map(([step, seconds]) => [step, Math.round(seconds * 10) / 10]),
    ),
  }
}

export const sum = (rows: readonly Row[] | undefined, column: string): number =>
  (rows ?? []).reduce((total, row) => total + Number(row[column] ?? 0), 0)

export const headline = (report: Report): { sessions: number; conversionRate: number; events: number } => {
  const rows = report.views.kpi_conversion_rate
  const sessions = sum(rows, 'sessions')
  return {
    sessions,
    conversionRate: sessions === 0 ? 0 : sum(rows, 'sessions_with_purchase') / sessions,
    events: report.stages.sessions.events,
  }
}

export const writeReport = async (report: Report, file: string, repositoryRoot: string): Promise<void> => {
  const schema = JSON.parse(
    await readFile(join(repositoryRoot, 'docs/schemas/report.schema.json'), 'utf8'),
  ) as object
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema)
  if (!validate(report)) {
    throw new ReportError(
      `report.json would not follow docs/schemas/report.schema.json: ${(validate.errors ?? [])
        .slice(0, 5)
        .map((error) => `${error.instancePath} ${error.message ?? ''}`)
        .join('; ')}`,
    )
  }
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`)
}
