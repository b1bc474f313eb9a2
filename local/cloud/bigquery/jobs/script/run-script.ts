/**
 * A script: its statements run one after the other, each a child job that commits by itself, as in BigQuery outside
 * of transactions. The job's result is the last one's.
 */
import { tableKey } from '../../engine/names.ts'
import { unsupported } from '../../engine/refusals.ts'
import { present } from '../../engine/request-body.ts'
import type { JobRecord } from '../../engine/records.ts'
import type { ParsedStatement, ScriptNode, Statement } from '../../sql/types.ts'
import type { Bytes } from '../bytes-processed.ts'
import {
  defineFunction,
  isTempFunction,
  runOne,
  sessionInfoOf,
  statistics,
  type Execution,
} from '../execution.ts'
import type { JobRun, Outcome } from '../job-desk.ts'
import type { StatementResult } from '../scope.ts'
import { runNodes } from './control.ts'
import type { Script } from './script.ts'
import { dropTemporary, nameTemporary } from './temporary.ts'
import { endTransaction } from './transaction.ts'

export async function runScript(
  execution: Execution,
  nodes: readonly ScriptNode[],
  run: JobRun,
): Promise<Outcome> {
  const totals = { children: 0, processed: 0n, billed: 0n, isExact: true, references: new Map() }
  const script: Script = { execution, run, totals, depth: 0 }
  setRowCount(execution, undefined)
  try {
    await runNodes(script, nodes, runStatement)
    if (execution.kept && execution.session.held !== 'none')
      throw unsupported('A transaction of a session that goes on after its query')
  } finally {
    await endTransaction(execution)
    await dropTemporary(execution, run.job)
  }
  return outcomeOf(script)
}

const setRowCount = ({ variables }: Execution, count: string | undefined): void =>
  void variables.set('@@row_count', {
    type: 'INT64',
    duckdb: `CAST(${count === undefined ? 'NULL' : BigInt(count)} AS BIGINT)`,
  })

async function runStatement(script: Script, parsed: ParsedStatement): Promise<void> {
  const { execution, run, totals } = script
  if (isTempFunction(parsed)) return defineFunction(execution, parsed)
  if (parsed.isTemp) await nameTemporary(execution, run.job, parsed)
  const startMs = execution.room.now()
  const child = (result: StatementResult, statement: Statement, bytes: Bytes | undefined): JobRecord => ({
    projectId: run.job.projectId,
    location: run.job.location,
    member: run.job.member,
    email: run.job.email,
    parentJobId: run.job.jobId,
    jobId: `script_job_${run.job.jobId}_${totals.children}`,
    state: 'DONE',
    creationMs: startMs,
    startMs,
    endMs: execution.room.now(),
    statistics: statistics(statement, bytes, result.query),
    configuration: {
      jobType: 'QUERY',
      query: present({
        ...execution.config.shown,
        query: parsed.text,
        ...(result.destination ? { destinationTable: result.destination } : {}),
      }),
    },
    ...(result.result ? { result: result.result } : {}),
  })
  const done = await runOne(execution, parsed, (change, result, statement, bytes) =>
    change.putJob(child(result, statement, bytes)),
  )
  totals.children += 1
  totals.last = done.result
  const affected = done.result.query.numDmlAffectedRows
  if (typeof affected === 'string') setRowCount(execution, affected)
  for (const reference of done.statement.references)
    totals.references.set(JSON.stringify(reference), reference)
  if (done.bytes) {
    totals.processed += done.bytes.processed
    totals.billed += done.bytes.billed
  } else totals.isExact = false
}

function outcomeOf({ execution, run, totals }: Script): Outcome {
  const { last, children, processed, billed, isExact, references } = totals
  const rows = last?.result?.table
  if (rows && !execution.room.warehouse.tables.has(tableKey(rows)))
    throw unsupported('Showing the rows of a query in a transaction that was rolled back')
  return {
    configuration: {
      ...run.job.configuration,
      query: present({
        ...execution.config.shown,
        ...(last?.destination ? { destinationTable: last.destination } : {}),
      }),
    },
    statistics: present({
      ...sessionInfoOf(execution),
      totalBytesProcessed: isExact ? String(processed) : undefined,
      numChildJobs: String(children),
      query: present({
        statementType: 'SCRIPT',
        cacheHit: false,
        totalBytesProcessed: isExact ? String(processed) : undefined,
        totalBytesBilled: isExact ? String(billed) : undefined,
        numDmlAffectedRows: last?.query.numDmlAffectedRows,
        referencedTables: references.size > 0 ? [...references.values()] : undefined,
      }),
    }),
    ...(last?.result ? { result: last.result } : {}),
  }
}
