/**
 * Opens the one DuckDB file and hands out sessions; it never loads an extension, never reads a file outside
 * the incoming folder, and never blocks the event loop.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api'
import { explainEngineError, isInvalidated, noRoom } from './engine-errors.ts'
import { Held } from './held.ts'
import { quoteText } from './names.ts'
import { invalidQuery } from './refusals.ts'
import { registerOwnFunctions } from './own-functions.ts'

/** Each running statement holds one libuv thread; the file system of the other services needs the rest. */
const concurrentStatements = 3

export class Database {
  #instance: DuckDBInstance | undefined
  #isBroken = false
  #reopening: Promise<void> | undefined
  readonly #stateDir: string
  /** Reads again what the file holds: what a fatal error cut off is in it or is not. */
  whenReopened: (session: Session) => Promise<void> = () => Promise.resolve()
  readonly #sessions = new Set<Session>()
  readonly slots = new Slots(concurrentStatements)
  /** Files hard-linked here under unguessable names are the only ones the engine can read. */
  readonly incomingDir: string

  private constructor(instance: DuckDBInstance, stateDir: string, incomingDir: string) {
    this.#instance = instance
    this.#stateDir = stateDir
    this.incomingDir = incomingDir
  }

  static async open(stateDir: string): Promise<Database> {
    const incomingDir = path.join(stateDir, 'incoming')
    rmSync(incomingDir, { recursive: true, force: true })
    mkdirSync(incomingDir, { recursive: true, mode: 0o700 })
    return new Database(await openFile(stateDir, incomingDir), stateDir, incomingDir)
  }

  /** A session of its own: variables and temporary tables never leak into another job. */
  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#isBroken) await this.#reopen()
    const session = await this.#connect()
    this.#sessions.add(session)
    try {
      return await work(session)
    } finally {
      this.#sessions.delete(session)
      session.end()
    }
  }

  async #connect(): Promise<Session> {
    if (!this.#instance) throw noRoom()
    return new Session(await this.#instance.connect(), this.slots, () => {
      this.#isBroken = true
    })
  }

  /** Once all that ran on the broken one has ended; fails, and is tried again, as long as the disk is full. */
  async #reopen(): Promise<void> {
    if (this.#sessions.size > 0) throw noRoom()
    this.#reopening ??= this.#openAgain().finally(() => {
      this.#reopening = undefined
    })
    await this.#reopening
  }

  async #openAgain(): Promise<void> {
    this.#instance?.closeSync()
    this.#instance = undefined
    try {
      this.#instance = await openFile(this.#stateDir, this.incomingDir)
      const session = await this.#connect()
      await this.whenReopened(session).finally(() => session.end())
      this.#isBroken = false
    } catch (error) {
      throw explainEngineError(error)
    }
  }

  close(): void {
    for (const session of this.#sessions) session.interrupt()
    this.#instance?.closeSync()
  }
}

async function openFile(stateDir: string, incomingDir: string): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(path.join(stateDir, 'warehouse.duckdb'), {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    memory_limit: `${Math.max(512, Math.floor(totalmem() / 3 / 1048576))}MiB`,
    threads: '2',
    preserve_insertion_order: 'true',
  })
  const connection = await instance.connect()
  await connection.run("SET GLOBAL TimeZone = 'UTC'")
  await connection.run(`SET GLOBAL allowed_directories = [${quoteText(incomingDir)}]`)
  await connection.run('SET GLOBAL enable_external_access = false')
  registerOwnFunctions(connection)
  await connection.run('SET GLOBAL lock_configuration = true')
  connection.disconnectSync()
  return instance
}

export class Session {
  readonly #connection: DuckDBConnection
  readonly #slots: Slots
  readonly #whenBroken: () => void
  #isInterrupted = false
  #isRunning = false
  #held: Held | undefined
  #hasFailed = false

  constructor(connection: DuckDBConnection, slots: Slots, whenBroken: () => void) {
    this.#connection = connection
    this.#slots = slots
    this.#whenBroken = whenBroken
  }

  #explained(error: unknown): Error {
    if (isInvalidated(error)) this.#whenBroken()
    return explainEngineError(error)
  }

  /** Runs one statement; the count is DuckDB's for INSERT, UPDATE, DELETE. */
  async run(sql: string): Promise<number> {
    return (await this.#execute(sql)).rowsChanged
  }

  async rows(sql: string): Promise<DuckDBValue[][]> {
    return (await this.#execute(sql)).getRows()
  }

  /** Rows as they come, a vector at a time; the reader may stop early. */
  async *stream(sql: string): AsyncGenerator<DuckDBValue[][]> {
    const release = await this.#slots.take()
    try {
      for await (const rows of (await this.#connection.stream(sql)).yieldRows()) yield rows
    } catch (error) {
      throw this.#explained(error)
    } finally {
      release()
    }
  }

  async describe(sql: string): Promise<{ name: string; type: string }[]> {
    const rows = await this.rows(`DESCRIBE ${sql}`)
    return rows.map((row) => ({ name: String(row[0]), type: String(row[1]) }))
  }

  /**
   * All or nothing: a throw inside rolls back. The last step may be a commit of the work's own (see
   * Warehouse.commit).
   */
  async inTransaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.holding) return work()
    await this.run('BEGIN TRANSACTION')
    try {
      return await work()
    } catch (error) {
      await this.#connection.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  /** Begins a transaction that the statements to come are part of, until it is committed or rolled back. */
  async hold(): Promise<void> {
    await this.run('BEGIN TRANSACTION')
    this.#held = new Held()
  }
  get holding(): Held | undefined {
    return this.#held
  }
  get held(): 'none' | 'open' | 'failed' {
    return this.#held ? 'open' : this.#hasFailed ? 'failed' : 'none'
  }
  /** What was held is committed. */
  settled(): void {
    this.#held = undefined
  }
  /** Nothing of it remains; until `release` it is known to have failed. */
  async undo(): Promise<Held | undefined> {
    const held = this.#held
    this.#held = undefined
    this.#hasFailed = true
    await this.#connection.run('ROLLBACK').catch(() => undefined)
    return held
  }
  release(): void {
    this.#hasFailed = false
  }

  /** Stops what runs now and refuses what comes next. */
  interrupt(): void {
    this.#isInterrupted = true
    if (this.#isRunning) this.#connection.interrupt()
  }

  end(): void {
    this.#connection.disconnectSync()
  }

  async #execute(sql: string): Promise<DuckDBResult> {
    if (sql.includes('\0')) throw invalidQuery('A statement cannot contain the character U+0000')
    const release = await this.#slots.take()
    try {
      if (this.#isInterrupted) throw new Error('INTERRUPT Error: Interrupted!')
      this.#isRunning = true
      return await this.#connection.run(sql)
    } catch (error) {
      throw this.#explained(error)
    } finally {
      this.#isRunning = false
      release()
    }
  }
}

/** First come, first served. */
export class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []
  constructor(count: number) {
    this.#free = count
  }
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}
