/**
 * A script: its statements run one after the other, each a child job that commits by itself, as in BigQuery outside
 * of transactions. The job's result is the last one's.
 */
import { present } from '../../engine/request-body.ts'
import type { JobRecord } from '../../engine/records.ts'
import type { ParsedStatement, ScriptNode, Statement } from '../../sql/types.ts'
import type { Bytes } from '../bytes-processed.ts'
import { defineFunction, isTempFunction, runOne, statistics, type Execution } from '../execution.ts'
import type { JobRun, Outcome } from '../job-desk.ts'
import type { StatementResult } from '../scope.ts'
import { runNodes } from './control.ts'
import type { Script } from './script.ts'
import { dropTemporary, nameTemporary } from './temporary.ts'

export async function runScript(
  execution: Execution,
  nodes: readonly ScriptNode[],
  run: JobRun,
): Promise<Outcome> {
  const script: Script = {
    ...{ execution, run, children: 0, processed: 0n, billed: 0n, isExact: true },
    references: new Map(),
  }
  setRowCount(execution, undefined)
  try {
    await runNodes(script, nodes, (parsed) => runStatement(script, parsed))
  } finally {
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
  const { execution, run } = script
  if (isTempFunction(parsed)) return defineFunction(execution, parsed)
  if (parsed.isTemp) await nameTemporary(execution, run.job, parsed)
  const startMs = execution.room.now()
  const child = (result: StatementResult, statement: Statement, bytes: Bytes | undefined): JobRecord => ({
    projectId: run.job.projectId,
    location: run.job.location,
    member: run.job.member,
    email: run.job.email,
    parentJobId: run.job.jobId,
    jobId: `script_job_${run.job.jobId}_${script.children}`,
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
  script.children += 1
  script.last = done.result
  const affected = done.result.query.numDmlAffectedRows
  if (typeof affected === 'string') setRowCount(execution, affected)
  for (const reference of done.statement.references)
    script.references.set(JSON.stringify(reference), reference)
  if (done.bytes) {
    script.processed += done.bytes.processed
    script.billed += done.bytes.billed
  } else script.isExact = false
}

function outcomeOf({
  execution,
  run,
  last,
  children,
  processed,
  billed,
  isExact,
  references,
}: Script): Outcome {
  return {
    configuration: {
      ...run.job.configuration,
      query: present({
        ...execution.config.shown,
        ...(last?.destination ? { destinationTable: last.destination } : {}),
      }),
    },
    statistics: present({
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
