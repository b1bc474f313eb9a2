/**
 * Datasets, tables and jobs in memory, with a ledger beside the rows in the same database: data and what is
 * known of it commit together or not at all.
 */
import { CloudError } from '../../kernel.ts'
import type { TableReference } from '../sql/types.ts'
import { Change, jobKey, routineKey, type Entry } from './change.ts'
import { Database, Slots, type Session } from './database.ts'
import { isTemporary, type Held } from './held.ts'
import { quoteText, showTable, tableKey } from './names.ts'
import { settleArrays } from './stored-arrays.ts'
import { settleLimits } from './stored-limits.ts'
import {
  relationOf,
  type DatasetRecord,
  type JobRecord,
  type RoutineRecord,
  type TableRecord,
} from './records.ts'

export { Change, jobKey, routineKey }

export class Warehouse {
  readonly database: Database
  readonly datasets = new Map<string, DatasetRecord>()
  readonly tables = new Map<string, TableRecord>()
  readonly jobs = new Map<string, JobRecord>()
  readonly routines = new Map<string, RoutineRecord>()
  readonly #locks = new Map<string, { slots: Slots; users: number }>()
  readonly #committing = new Slots(1)
  readonly #retired: { physical: number; tick: number }[] = []
  readonly #readers = new Set<number>()
  #sequence = 0
  #physical = 0
  #tick = 0
  #revision = 0

  private constructor(database: Database) {
    this.database = database
  }

  static async open(stateDir: string): Promise<Warehouse> {
    const warehouse = new Warehouse(await Database.open(stateDir))
    await warehouse.database.withSession((session) => warehouse.#load(session))
    warehouse.database.whenReopened = (session) => warehouse.#read(session)
    return warehouse
  }

  async #load(session: Session): Promise<void> {
    await session.inTransaction(async () => {
      await session.run('CREATE SCHEMA IF NOT EXISTS control')
      await session.run('CREATE SCHEMA IF NOT EXISTS data')
      await session.run(
        'CREATE TABLE IF NOT EXISTS control.ledger (seq BIGINT NOT NULL, kind VARCHAR NOT NULL, key VARCHAR NOT NULL, body VARCHAR)',
      )
      await session.run(
        'CREATE TEMP TABLE latest AS SELECT max(seq) AS seq, kind, key, arg_max(body, seq) AS body, arg_max(body IS NULL, seq) AS is_gone FROM control.ledger GROUP BY kind, key',
      )
      await session.run('DELETE FROM control.ledger')
      await session.run(
        'INSERT INTO control.ledger SELECT seq, kind, key, body FROM latest WHERE NOT is_gone ORDER BY seq',
      )
      await session.run('COMMIT')
    })
    await this.#read(session)
    await this.#dropOrphans(session)
  }

  /** What the ledger says, which is what was committed; of jobs only memory knows what became of them since. */
  async #read(session: Session): Promise<void> {
    const jobs = [...this.jobs]
    const maps: Record<string, Map<string, unknown>> = {
      dataset: this.datasets,
      table: this.tables,
      job: this.jobs,
      routine: this.routines,
    }
    const rows = await session.rows('SELECT seq, kind, key, body FROM control.ledger ORDER BY seq')
    for (const map of Object.values(maps)) map.clear()
    for (const [seq, kind, key, body] of rows) {
      if (body === null) maps[String(kind)]?.delete(String(key))
      else maps[String(kind)]?.set(String(key), JSON.parse(String(body)))
      this.#sequence = Math.max(this.#sequence, Number(seq))
    }
    for (const [key, job] of jobs) if (this.jobs.get(key)?.state !== 'DONE') this.jobs.set(key, job)
    this.#revision += 1
  }

  /** Physical tables without a record: replaced, expired or of a transaction's other world. */
  async #dropOrphans(session: Session): Promise<void> {
    const known = new Set([...this.tables.values()].map((table) => `t${table.physical}`))
    for (const [name] of await session.rows(
      "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'data'",
    )) {
      const text = String(name)
      this.#physical = Math.max(this.#physical, Number(text.slice(1)))
      if (!known.has(text)) await session.run(`DROP TABLE "data"."${text}"`)
    }
    for (const table of this.tables.values()) this.#physical = Math.max(this.#physical, table.physical ?? 0)
  }

  /** Grows with every change of a table: a compiled statement is stale when it has grown. */
  get revision(): number {
    return this.#revision
  }

  nextPhysical(): number {
    return ++this.#physical
  }

  /**
   * Ends the session's open transaction (or a fresh one) together with the records, then shows them to
   * everybody.
   */
  async commit(change: Change, session?: Session): Promise<void> {
    if (!session) return this.database.withSession((own) => own.inTransaction(() => this.commit(change, own)))
    for (const { kind, record } of change.entries)
      if (kind === 'table' && record) {
        await settleArrays(session, record as TableRecord)
        await settleLimits(session, record as TableRecord)
      }
    if (session.holding) return this.#stage(change, session.holding)
    const release = await this.#committing.take()
    try {
      for (const verify of change.verify) verify()
      await this.#write(change, session)
    } finally {
      release()
    }
  }

  async #write(change: Pick<Change, 'entries'>, session: Session): Promise<void> {
    const rows = change.entries.map(
      (entry) =>
        `(${++this.#sequence}, ${quoteText(entry.kind)}, ${quoteText(entry.key)}, ${entry.record === null ? 'NULL' : quoteText(JSON.stringify(entry.record))})`,
    )
    if (rows.length > 0) await session.run(`INSERT INTO control.ledger VALUES ${rows.join(', ')}`)
    await session.run('COMMIT')
    for (const entry of change.entries) this.#apply(entry)
  }

  /** Waits for the end of the transaction; temporary tables are there at once, and gone when it is rolled back. */
  #stage(change: Change, held: Held): void {
    for (const verify of change.verify) verify()
    held.add(change)
    for (const entry of change.entries.filter(isTemporary)) {
      const before = this.tables.get(entry.key)
      held.onRollback(() => {
        if (before) this.tables.set(entry.key, before)
        else this.tables.delete(entry.key)
        this.#revision += 1
      })
      this.#apply(entry)
    }
  }

  /** Ends the transaction that the session holds; when somebody else was first, nothing of it stays. */
  async commitHeld(session: Session): Promise<void> {
    const held = session.holding
    if (!held) return
    const release = await this.#committing.take()
    try {
      held.verify()
      await this.#write(held, session)
      session.settled()
    } finally {
      release()
    }
  }

  /** Undoes what the session holds; its jobs have run all the same. */
  async rollback(session: Session): Promise<void> {
    const held = await session.undo()
    held?.rollback()
    const change = new Change()
    for (const job of held?.jobs ?? []) change.putJob(job)
    if (change.entries.length > 0) await this.commit(change)
  }

  #apply({ kind, key, record, isMove }: Entry): void {
    const map: Map<string, unknown> =
      kind === 'dataset'
        ? this.datasets
        : kind === 'table'
          ? this.tables
          : kind === 'routine'
            ? this.routines
            : this.jobs
    if (kind === 'routine') this.#revision += 1
    if (kind === 'table') {
      this.#revision += 1
      const before = this.tables.get(key)?.physical
      if (!isMove && before !== undefined && before !== (record as TableRecord | null)?.physical)
        this.#retired.push({ physical: before, tick: ++this.#tick })
    }
    if (record === null) map.delete(key)
    else map.set(key, record)
  }

  /**
   * One writer at a time per table: BigQuery queues concurrent changes of a table, DuckDB would refuse the
   * second.
   */
  async lock<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = []
    try {
      for (const key of [...new Set(keys)].sort()) {
        const lock = this.#locks.get(key) ?? { slots: new Slots(1), users: 0 }
        this.#locks.set(key, lock)
        lock.users += 1
        const release = await lock.slots.take()
        releases.push(() => {
          release()
          lock.users -= 1
          if (lock.users === 0) this.#locks.delete(key)
        })
      }
      return await work()
    } finally {
      for (const release of releases) release()
    }
  }

  /**
   * Rows a reader has resolved stay until it is done, even when their table is replaced or dropped meanwhile.
   */
  async whileReading<T>(work: () => Promise<T>): Promise<T> {
    const tick = ++this.#tick
    this.#readers.add(tick)
    try {
      return await work()
    } finally {
      this.#readers.delete(tick)
      await this.#sweep().catch(() => undefined)
    }
  }

  async #sweep(): Promise<void> {
    const oldest = Math.min(...this.#readers, Number.POSITIVE_INFINITY)
    const free = this.#retired.filter((item) => item.tick < oldest)
    if (free.length === 0) return
    this.#retired.splice(0, this.#retired.length, ...this.#retired.filter((item) => item.tick >= oldest))
    await this.database.withSession(async (session) => {
      for (const { physical } of free) await session.run(`DROP TABLE IF EXISTS ${relationOf(physical)}`)
    })
  }

  dataset(datasetId: string): DatasetRecord | undefined {
    return this.datasets.get(datasetId)
  }

  table(reference: TableReference, nowMs: number): TableRecord | undefined {
    const table = this.tables.get(tableKey(reference))
    return table && (table.expirationMs === undefined || table.expirationMs > nowMs) ? table : undefined
  }

  tablesOf(datasetId: string, nowMs: number): TableRecord[] {
    return [...this.tables.values()]
      .filter(
        (table) =>
          table.reference.datasetId === datasetId &&
          (table.expirationMs === undefined || table.expirationMs > nowMs),
      )
      .sort((a, b) => (a.reference.tableId < b.reference.tableId ? -1 : 1))
  }

  routinesOf(datasetId: string): RoutineRecord[] {
    return [...this.routines.values()]
      .filter((routine) => routine.reference.datasetId === datasetId)
      .sort((a, b) => (a.reference.routineId < b.reference.routineId ? -1 : 1))
  }

  /** Forgets what has expired; rows go with the next sweep. */
  async purgeExpired(nowMs: number, jobLifetimeMs: number): Promise<void> {
    const change = new Change()
    for (const table of this.tables.values())
      if (table.expirationMs !== undefined && table.expirationMs <= nowMs) change.removeTable(table.reference)
    for (const job of this.jobs.values())
      if (job.state === 'DONE' && job.creationMs + jobLifetimeMs < nowMs) change.removeJob(job)
    if (change.entries.length > 0) await this.whileReading(() => this.commit(change))
  }

  close(): void {
    this.database.close()
  }
}

/** Guards a write against a table that changed since it was read. */
export function unchanged(
  warehouse: Warehouse,
  reference: TableReference,
  seen: TableRecord | undefined,
): () => void {
  return () => {
    const now = warehouse.tables.get(tableKey(reference))
    if (now?.uid !== seen?.uid || now?.version !== seen?.version)
      throw new CloudError(
        409,
        'duplicate',
        `Table ${showTable(reference)} was changed by another job at the same time.`,
      )
    if (!warehouse.dataset(reference.datasetId))
      throw new CloudError(
        404,
        'notFound',
        `Not found: Dataset ${reference.projectId}:${reference.datasetId}`,
      )
  }
}
