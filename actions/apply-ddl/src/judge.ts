/**
 * Lets BigQuery read the statements of a plan before the first one runs, in a run and in its dry run alike; it
 * refuses them together, each at its file, and runs none.
 */
import pMap from 'p-map'
import { few } from '../../_shared/amounts.ts'
import { GoogleApiError, isRightMissing, WorkFailedError } from '../../_shared/errors.ts'
import { asConflict } from '../../_shared/google/bigquery.ts'
import { dryRun } from '../../_shared/google/bigquery-jobs.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { notApplied, type Outcome } from '../../_shared/plan.ts'
import type { Annotation } from '../../_shared/report.ts'
import type { Runner } from '../../_shared/run.ts'
import { annotationOf } from '../../_shared/sql-files.ts'
import type { Inputs } from './inputs.ts'
import { AT_ONCE, tablesByName, type Observed } from './observe.ts'
import type { DdlStep, TablePlan, TableStep } from './plan.ts'

export interface DdlOutcome extends Outcome<DdlStep> {
  /** What a dry run could not ask BigQuery, in words. */
  readonly notes?: readonly string[]
}
type ChangeStep = TableStep & { kind: 'update' | 'adopt' }
interface Court {
  readonly inputs: Inputs
  readonly tables: ReturnType<typeof tablesByName>
  readonly google: Google
}

/** The dry run: BigQuery judges what it can judge now, and what this identity may have judged. */
export async function preview(
  plan: TablePlan,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Pick<Runner, 'log'>,
): Promise<DdlOutcome> {
  const toCome = new Set(
    plan.steps
      .filter(({ resource, kind }) => resource === 'dataset' && kind === 'create')
      .map((s) => s.target),
  )
  const steps = plan.steps.filter((step) => step.resource === undefined)
  const later = steps.filter(({ name, waitsFor }) => waitsFor !== undefined || toCome.has(name.datasetId))
  const forbidden: string[] = []
  const notes = (): string[] => [
    ...said(
      forbidden,
      'this identity may not (it takes bigquery.jobs.create and the right to make the table)',
    ),
    ...said(
      later.map(({ target }) => target),
      'what they need is made by the same run, which asks before each of them',
    ),
  ]
  const court = { inputs, tables: tablesByName(observed), google }
  const now = steps.filter((step) => !later.includes(step))
  const failure: unknown = await judge(now, court, forbidden).then(
    () => undefined,
    (error: unknown) => error,
  )
  notes().forEach((note) => runner.log.info(note))
  return { ...notApplied(plan), notes: notes(), ...(failure === undefined ? {} : { failure }) }
}

const said = (targets: readonly string[], why: string): string[] =>
  targets.length === 0 ? [] : [`BigQuery was not asked about ${few(targets)}: ${why}.`]

/**
 * @param forbidden gets the targets that this identity may not ask about; without it that is an error.
 * @throws WorkFailedError with everything that BigQuery refuses.
 */
export async function judge(
  steps: readonly (TableStep & { readonly resource?: undefined })[],
  { inputs, tables, google }: Court,
  forbidden?: string[],
): Promise<void> {
  const failures: Annotation[] = []
  const asked = steps.filter(({ kind }) => ['create', 'update', 'adopt'].includes(kind))
  const ask = (sql: string, file: string) => dryRun(google, google.projectId, inputs.location, sql, file)
  await pMap(
    asked,
    async (step) => {
      const table = tables.get(step.target)
      const file = table?.file ?? step.target
      try {
        if (step.kind === 'update' || step.kind === 'adopt')
          for (const words of judgeable(step)) await ask(alterOf(step, words), file)
        if (step.kind !== 'create') return
        const { statementType } = await ask(step.statement, file)
        const isOnce = table?.desired.once !== undefined
        if (isOnce ? !statementType.startsWith('CREATE_') : statementType !== 'CREATE_TABLE')
          throw new Error(
            `Checking ${file}: BigQuery takes it for ${statementType || 'nothing it names'}, it was read as CREATE TABLE.`,
          )
      } catch (error) {
        if (!(error instanceof GoogleApiError)) throw error
        if (isRightMissing(error) && forbidden !== undefined) return void forbidden.push(step.target)
        if (error.status === 409) throw asConflict(error, step.target, 'no table of this name')
        if (error.status !== 400 && error.status !== 404) throw error
        failures.push(annotationOf(error, file, 'DDL'))
      }
    },
    { concurrency: AT_ONCE },
  )
  forbidden?.sort()
  if (failures.length === 0) return
  failures.sort((a, b) => ((a.file ?? '') < (b.file ?? '') ? -1 : 1))
  throw new WorkFailedError(
    `Checking the tables: BigQuery refuses ${failures.length} of ${asked.length} to create or change: ${failures.map(({ file, message }) => `${file}: ${message}`).join('; ')}`,
    { annotations: failures, problem: 'table-ddl' },
  )
}

export const isRename = (alter: string): boolean => alter.startsWith('RENAME')

/** What BigQuery can read before the change begins: not what rests on a column that is still to come. */
const judgeable = ({ patch, alters }: ChangeStep): readonly string[] =>
  patch.schema === undefined && !alters.some(isRename) ? alters : alters.filter(isRename)

export const alterOf = ({ name }: ChangeStep, words: string): string =>
  `ALTER TABLE \`${name.projectId}.${name.datasetId}.${name.tableId}\` ${words}`
