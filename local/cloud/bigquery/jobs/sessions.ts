/**
 * Sessions: temporary tables and functions that outlive the query which made them, for the caller who opened
 * the session; they are gone with the process. One query of a session runs at a time.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Principal } from '../../kernel.ts'
import { scriptPrefix } from '../engine/held.ts'
import { invalidQuery } from '../engine/refusals.ts'
import { Change, type Warehouse } from '../engine/warehouse.ts'
import type { RoutineBody, TableReference } from '../sql/types.ts'

/** https://cloud.google.com/bigquery/docs/sessions-intro: a day without a query, or a week. */
const IDLE_MS = 86_400_000
const LIFETIME_MS = 7 * IDLE_MS

export interface KeptSession {
  readonly id: string
  readonly member: string
  readonly location: string
  /** The hidden dataset of its temporary tables. */
  readonly datasetId: string
  readonly temporary: Map<string, TableReference>
  readonly functions: Map<string, RoutineBody>
  readonly openedMs: number
  usedMs: number
  /** Settles when the queries so far have ended. */
  last: Promise<unknown>
}

/** What of the room sessions need. */
interface House {
  readonly now: () => number
  readonly warehouse: Warehouse
}

export class Sessions {
  readonly #open = new Map<string, KeptSession>()

  open({ now }: House, { member }: Principal, location: string): KeptSession {
    const id = randomBytes(48).toString('base64url')
    const session: KeptSession = {
      ...{ id, member, location },
      datasetId: `${scriptPrefix}${createHash('sha1').update(id).digest('hex')}`,
      temporary: new Map(),
      functions: new Map(),
      openedMs: now(),
      usedMs: now(),
      last: Promise.resolve(),
    }
    this.#open.set(id, session)
    return session
  }

  /** Somebody else's is as unknown as one that has ended. */
  find({ now }: House, id: string, { member }: Principal, location: string): KeptSession {
    const session = this.#open.get(id)
    if (!session || isOver(session, now()) || session.member !== member)
      throw invalidQuery(`Session ${id} is not found, has expired or belongs to somebody else.`)
    if (session.location.toLowerCase() !== location.toLowerCase())
      throw invalidQuery(`Session ${id} is in ${session.location}, this query in ${location}.`)
    session.usedMs = now()
    return session
  }

  /** After the queries of the session before it. */
  async inTurn<T>(session: KeptSession, work: () => Promise<T>): Promise<T> {
    const mine = session.last.then(work)
    session.last = mine.catch(() => undefined)
    return mine
  }

  async close(room: House, { id, datasetId }: KeptSession): Promise<void> {
    this.#open.delete(id)
    await dropHidden(room, datasetId)
  }

  async closeExpired(room: House): Promise<void> {
    for (const session of this.#open.values())
      if (isOver(session, room.now())) await this.close(room, session)
  }
}

const isOver = ({ usedMs, openedMs }: KeptSession, nowMs: number): boolean =>
  nowMs - usedMs > IDLE_MS || nowMs - openedMs > LIFETIME_MS

/** The hidden dataset of temporary tables, and what lies in it. */
export async function dropHidden({ warehouse, now }: House, datasetId: string): Promise<void> {
  if (!warehouse.dataset(datasetId)) return
  const change = new Change()
  for (const table of warehouse.tablesOf(datasetId, now())) change.removeTable(table.reference)
  change.removeDataset(datasetId)
  await warehouse.commit(change)
}
