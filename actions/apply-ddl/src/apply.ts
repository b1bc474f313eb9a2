/**
 * Carries out the plan table by table; it refuses to start while BigQuery refuses any statement, and to
 * change a table that changed after it was read.
 */
import type { ExistingTable } from '../../_shared/dataset.ts'
import { ConflictError } from '../../_shared/errors.ts'
import { asConflict } from '../../_shared/google/bigquery.ts'
import { runStatement } from '../../_shared/google/bigquery-jobs.ts'
import { createDataset, patchDescription } from '../../_shared/google/bigquery-datasets.ts'
import { getTable, patchTable } from '../../_shared/google/bigquery-tables.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { applyInOrder } from '../../_shared/apply.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { compareTable } from './compare.ts'
import type { DatasetStep } from './dataset-plan.ts'
import type { Inputs } from './inputs.ts'
import { alterOf, isRename, judge } from './judge.ts'
import { closeEntry, openEntry, written, type Entry } from './ledger.ts'
import { tablesByName, type Observed, type ObservedTable } from './observe.ts'
import type { DdlStep, TablePlan, TableStep } from './plan.ts'

type CreateStep = TableStep & { kind: 'create' }
type ChangeStep = TableStep & { kind: 'update' | 'adopt' }

export async function apply(
  plan: TablePlan,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Pick<Runner, 'cancelled' | 'log'>,
): Promise<Outcome<DdlStep>> {
  const tables = tablesByName(observed)
  const ofDatasets = plan.steps.filter((step) => step.resource === 'dataset')
  // A table is judged in its dataset, so that comes first.
  const begun = await applyInOrder<DdlStep>(
    { ...plan, steps: ofDatasets },
    (step) => applyDataset(step as DatasetStep, inputs, observed, google),
    runner,
  )
  if (begun.failure !== undefined) return begun
  const ofTables = plan.steps.filter((step) => step.resource === undefined)
  try {
    await judge(
      ofTables.filter(({ waitsFor }) => waitsFor === undefined),
      { inputs, tables, google },
    )
  } catch (failure) {
    return { ...begun, failure }
  }
  const ended = await applyInOrder<DdlStep>(
    { ...plan, steps: ofTables },
    async (step) => {
      const table = step as TableStep & { resource?: undefined }
      if (table.waitsFor !== undefined) await judge([table], { inputs, tables, google })
      return applyStep(table, inputs, tables.get(step.target), google)
    },
    runner,
  )
  return { ...ended, done: [...begun.done, ...ended.done] }
}

async function applyDataset(
  step: DatasetStep,
  inputs: Inputs,
  observed: Observed,
  google: Google,
): Promise<void> {
  if (!('patch' in step)) return
  google.log.info(`${step.kind} ${step.target}: ${step.reason}`)
  const found = observed.datasets.find(({ datasetId }) => datasetId === step.target)
  const { owner, runId, commit, location } = inputs
  const there = found?.existing?.labels ?? {}
  const entry = { owner, runId, commit, change: step.kind, labels: there, beside: [], atMs: Date.now() }
  const labels = { ...step.patch.labels, ...written({ ...entry, statement: found?.sql ?? '' }) }
  const members = { ...step.patch, labels }
  const etag = found?.existing?.etag
  const work =
    etag === undefined
      ? createDataset(google, step.target, { ...members, location })
      : patchDescription(google, step.target, members, etag)
  await work.catch((error: unknown) => {
    throw asConflict(error, step.target, etag === undefined ? 'no dataset of this name' : `etag ${etag}`)
  })
}

async function applyStep(
  step: TableStep,
  inputs: Inputs,
  table: ObservedTable | undefined,
  google: Google,
): Promise<void> {
  switch (step.kind) {
    case 'keep':
    case 'conflict':
      return
    case 'create':
      google.log.info(`create ${step.target}: ${step.reason}`)
      await runStatement(google, google.projectId, inputs.location, step.statement, step.file).catch(
        (error: unknown) => {
          throw asConflict(error, step.target, 'no table of this name')
        },
      )
      return conclude(step, entryOf(step, inputs, table), table, google)
    case 'update':
    case 'adopt':
      google.log.info(`${step.kind} ${step.target}: ${step.reason}`)
      return change(step, entryOf(step, inputs, table), table, inputs, google)
    default:
      return assertNever(step)
  }
}

function entryOf(
  step: CreateStep | ChangeStep,
  { owner, runId, commit }: Inputs,
  table: ObservedTable | undefined,
): Entry {
  return {
    ...{ owner, runId, commit },
    change: step.kind,
    statement: table?.sql ?? '',
    labels: table?.existing?.labels ?? {},
    beside: step.kind === 'create' ? [] : step.beside,
    atMs: Date.now(),
  }
}

/**
 * ALTER knows no precondition: the first patch is the guard of the whole change, and what is altered is read
 * again before the rest is patched.
 */
async function change(
  step: ChangeStep,
  entry: Entry,
  table: ObservedTable | undefined,
  inputs: Inputs,
  google: Google,
): Promise<void> {
  if (table?.existing === undefined) throw gone(step)
  const { existing, desired } = table
  const isPatched = Object.keys(step.patch).length > 0
  // What is as its file says already gets its record in one request.
  if (!isPatched && step.alters.length === 0) return record(step, entry, existing, google)
  if (step.alters.length === 0) {
    await write(step, withLabels(step.patch, openEntry(entry)), existing.etag, google)
    return conclude(step, entry, table, google)
  }
  await write(step, { labels: openEntry(entry) }, existing.etag, google)
  // A default is set on a column that is there; what is added comes first, unless a rename has to.
  await alter(step, step.alters.filter(isRename), table, inputs, google)
  if (isPatched) {
    const now = await getTable(google, step.name)
    if (now === undefined) throw gone(step)
    const { patch } = compareTable(now, desired)
    const more = Object.keys(patch).filter((member) => !Object.hasOwn(step.patch, member))
    if (more.length > 0)
      throw new ConflictError(
        `Applying ${step.target}: somebody else changed its ${more.join(', ')} meanwhile; run again.`,
        { step: step.target, expected: 'the table that was planned', found: `another ${more.join(', ')}` },
      )
    await write(step, withLabels(patch, openEntry(entry)), now.etag, google)
  }
  await alter(
    step,
    step.alters.filter((words) => !isRename(words)),
    table,
    inputs,
    google,
  )
  return conclude(step, entry, table, google)
}

async function alter(
  step: ChangeStep,
  alters: readonly string[],
  { file }: ObservedTable,
  { location }: Inputs,
  google: Google,
): Promise<void> {
  for (const words of alters) {
    google.log.info(`alter ${step.target}: ${words}`)
    await runStatement(google, google.projectId, location, alterOf(step, words), file)
  }
}

const withLabels = (
  { labels, ...patch }: Readonly<Record<string, unknown>>,
  marks: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> => ({
  ...patch,
  labels: { ...(labels as Readonly<Record<string, string>> | undefined), ...marks },
})

function gone({ target }: TableStep): ConflictError {
  return new ConflictError(`Applying ${target}: it is gone right after it was written; run again.`, {
    step: target,
    expected: 'the table of its file',
    found: 'no table',
  })
}

async function write(
  { name, target }: TableStep,
  patch: Readonly<Record<string, unknown>>,
  etag: string,
  google: Google,
): Promise<void> {
  await patchTable(google, name, patch, etag).catch((error: unknown) => {
    throw asConflict(error, target, `etag ${etag}`)
  })
}

const record = (step: TableStep, entry: Entry, made: ExistingTable, google: Google): Promise<void> =>
  write(step, { labels: closeEntry(entry, made) }, made.etag, google)

/**
 * What BigQuery made must be what this action read in the file, or the next run would find something to
 * change.
 */
async function conclude(
  step: CreateStep | ChangeStep,
  entry: Entry,
  table: ObservedTable | undefined,
  google: Google,
): Promise<void> {
  const made = await getTable(google, step.name)
  if (made === undefined || table === undefined) throw gone(step)
  if (table.desired.once !== undefined) return record(step, entry, made, google)
  const { reasons, losses, beside } = compareTable(made, table.desired, { areDefaultsKnown: true })
  const unexpected = beside.filter((column) => !entry.beside.includes(column))
  const differences = [...unexpected.map((column) => `has column ${column}`), ...losses, ...reasons]
  if (differences.length === 0) return record(step, entry, made, google)
  throw new ConflictError(
    `Applying ${step.target}: the table that is there now is not what ${table.file} says: it ${differences.join(', ')}; run again.`,
    {
      step: step.target,
      expected: 'the table of the file',
      found: differences.join(', '),
      hint: 'Another writer made or changed a table of this name at the same time, or this action read the statement differently from BigQuery; then please report it.',
    },
  )
}
