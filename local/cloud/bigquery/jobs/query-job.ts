/**
 * The work of a query job: compiles and runs one statement or a script, measures bytes first, and says what a
 * dry run would do.
 */
import type { Principal } from '../../kernel.ts'
import { resultSchema } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import type { JobRecord } from '../engine/records.ts'
import type { Change } from '../engine/warehouse.ts'
import { invalidQuery } from '../engine/refusals.ts'
import { present } from '../engine/request-body.ts'
import type { Room } from '../room.ts'
import type { CompileContext, ParsedStatement, Statement } from '../sql/types.ts'
import { checkBytesBilled, checkPartitionFilters, measureBytes, type Bytes } from './bytes-processed.ts'
import { dryAlter } from './alter.ts'
import { createCatalog, targetOf } from './catalog.ts'
import type { JobRun, JobWork, Outcome } from './job-desk.ts'
import type { QueryConfig } from './query-config.ts'
import { dryCreate } from './ddl.ts'
import { assignVariables, declareVariables, type Variables } from './script-variables.ts'
import { runStatement } from './statements.ts'
import type { CatalogScope, StatementResult } from './scope.ts'

interface Execution {
  readonly room: Room
  readonly config: QueryConfig
  readonly principal: Principal
  readonly session: Session
  readonly location: string
  readonly variables: Variables
  readonly nowMicros: bigint
}

const isScript = (statements: readonly ParsedStatement[]): boolean =>
  statements.length > 1 || statements.some(({ type }) => type === 'DECLARE' || type === 'SET')

function parse(room: Room, query: string): readonly ParsedStatement[] {
  const statements = room.compiler.parseScript(query)
  if (statements.length === 0) throw invalidQuery('Syntax error: Unexpected end of statement')
  return statements
}

export function queryWork(room: Room, config: QueryConfig): JobWork {
  return async (run) => {
    const statements = parse(room, config.query)
    const execution: Execution = {
      room,
      config,
      principal: run.principal,
      session: run.session,
      location: run.job.location,
      variables: new Map(),
      nowMicros: BigInt(room.now()) * 1000n,
    }
    return isScript(statements)
      ? runScript(execution, statements, run)
      : runSingle(execution, statements[0]!, run)
  }
}

function scopeOf({ room, principal, session, location, config }: Execution): CatalogScope {
  return {
    room,
    principal,
    session,
    location,
    ...(config.defaultDataset ? { defaultDataset: config.defaultDataset } : {}),
  }
}

function compile(execution: Execution, parsed: ParsedStatement): Promise<Statement> {
  const context: CompileContext = {
    catalog: createCatalog(scopeOf(execution)),
    variables: execution.variables,
    parameters: execution.config.parameters,
    describe: (sql) => execution.session.describe(sql),
    nowMicros: execution.nowMicros,
  }
  return execution.room.compiler.compile(parsed, context)
}

async function runOne(
  execution: Execution,
  parsed: ParsedStatement,
  conclude: (change: Change, result: StatementResult, statement: Statement, bytes: Bytes | undefined) => void,
) {
  const { room, session, config } = execution
  let compiledAt = room.warehouse.revision
  let statement = await compile(execution, parsed)
  checkPartitionFilters(room, statement)
  const bytes = await measureBytes(room, session, statement)
  checkBytesBilled(bytes, config.maximumBytesBilled)
  const recompile = async (): Promise<Statement> => {
    if (compiledAt === room.warehouse.revision) return statement
    compiledAt = room.warehouse.revision
    statement = await compile(execution, parsed)
    return statement
  }
  const result = await runStatement(
    {
      ...scopeOf(execution),
      config,
      recompile,
      conclude: (change, done) => conclude(change, done, statement, bytes),
    },
    statement,
  )
  return { result, statement, bytes }
}

async function runSingle(execution: Execution, parsed: ParsedStatement, run: JobRun): Promise<Outcome> {
  const outcomeOf = (result: StatementResult, statement: Statement, bytes: Bytes | undefined): Outcome => ({
    statistics: statistics(statement, bytes, result.query),
    configuration: {
      ...run.job.configuration,
      query: present({
        ...execution.config.shown,
        ...(result.destination ? { destinationTable: result.destination } : {}),
      }),
    },
    ...(result.result ? { result: result.result } : {}),
  })
  const { result, statement, bytes } = await runOne(execution, parsed, (change, done, compiled, measured) =>
    run.conclude(change, outcomeOf(done, compiled, measured)),
  )
  return outcomeOf(result, statement, bytes)
}

/**
 * Each statement commits by itself, as in BigQuery outside BEGIN TRANSACTION; the job's result is the last
 * one's.
 */
async function runScript(
  execution: Execution,
  statements: readonly ParsedStatement[],
  run: JobRun,
): Promise<Outcome> {
  const { room } = execution
  let last: StatementResult | undefined
  let children = 0
  let [processed, billed, isExact] = [0n, 0n, true]
  const references = new Map<string, unknown>()
  for (const parsed of statements) {
    if (parsed.type === 'DECLARE' || parsed.type === 'SET') {
      const statement = await compile(execution, parsed)
      await assignVariables(execution.session, execution.variables, parsed, statement)
      continue
    }
    const startMs = room.now()
    const child = (result: StatementResult, statement: Statement, bytes: Bytes | undefined): JobRecord => ({
      projectId: run.job.projectId,
      location: run.job.location,
      member: run.job.member,
      email: run.job.email,
      parentJobId: run.job.jobId,
      jobId: `script_job_${run.job.jobId}_${children}`,
      state: 'DONE',
      creationMs: startMs,
      startMs,
      endMs: room.now(),
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
    children += 1
    last = done.result
    for (const reference of done.statement.references) references.set(JSON.stringify(reference), reference)
    if (done.bytes) [processed, billed] = [processed + done.bytes.processed, billed + done.bytes.billed]
    else isExact = false
  }
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

function statistics(
  statement: Statement,
  bytes: Bytes | undefined,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const processed = bytes === undefined ? undefined : String(bytes.processed)
  return present({
    totalBytesProcessed: processed,
    query: present({
      statementType: statement.type,
      cacheHit: false,
      totalBytesProcessed: processed,
      totalBytesBilled: bytes === undefined ? undefined : String(bytes.billed),
      referencedTables: statement.references.length > 0 ? statement.references : undefined,
      ...more,
    }),
  })
}

/** Compiles everything, runs nothing. */
export async function dryRun(
  room: Room,
  config: QueryConfig,
  principal: Principal,
  location: string,
): Promise<Record<string, unknown>> {
  const statements = parse(room, config.query)
  return room.warehouse.whileReading(() =>
    room.warehouse.database.withSession(async (session) => {
      const execution: Execution = {
        room,
        config,
        principal,
        session,
        location,
        variables: new Map(),
        nowMicros: BigInt(room.now()) * 1000n,
      }
      let found: Record<string, unknown> = {}
      for (const parsed of statements) {
        const statement = await compile(execution, parsed)
        if (parsed.type === 'DECLARE' || parsed.type === 'SET') {
          declareVariables(execution.variables, parsed, statement)
          continue
        }
        if (statement.type.startsWith('ALTER_')) dryAlter(scopeOf(execution), statement)
        if (statement.type.startsWith('CREATE_') && statement.type !== 'CREATE_SCHEMA')
          dryCreate(scopeOf(execution), statement)
        checkPartitionFilters(room, statement)
        const bytes = await measureBytes(room, session, statement)
        checkBytesBilled(bytes, config.maximumBytesBilled)
        found = statistics(statement, bytes, dryDetails(execution, statement))
      }
      if (!isScript(statements)) return found
      return { query: { statementType: 'SCRIPT', cacheHit: false } }
    }),
  )
}

function dryDetails(execution: Execution, statement: Statement): Record<string, unknown> {
  const isDdl = /^(CREATE|DROP|ALTER)_/.test(statement.type) && !statement.type.endsWith('_SCHEMA')
  const target = isDdl ? targetOf(scopeOf(execution), statement.target) : undefined
  const schema =
    statement.schema && statement.schema.length > 0 ? { fields: resultSchema(statement.schema) } : undefined
  return present({ schema, ddlTargetTable: target, totalBytesProcessedAccuracy: 'PRECISE' })
}
