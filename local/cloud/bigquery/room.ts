/**
 * What every part of BigQuery here holds in its hands: warehouse, authority, compiler, objects, clock. It
 * does nothing itself.
 */
import type { Environment, ServiceContext } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { Authority } from './access/authority.ts'
import type { Sessions } from './jobs/sessions.ts'
import type { Warehouse } from './engine/warehouse.ts'
import type { Compiler } from './sql/types.ts'
import { CloudError } from '../kernel.ts'

export interface Room {
  readonly warehouse: Warehouse
  readonly authority: Authority
  readonly compiler: Compiler
  readonly objects: ObjectStore
  readonly sessions: Sessions
  readonly environment: Environment
  readonly access: ServiceContext['access']
  readonly origin: string
  readonly now: () => number
  readonly log: (line: string) => void
}

/** One project only: naming another is refused as Google refuses a project one cannot see. */
export function checkProject(room: Room, projectId: string | undefined): void {
  if (projectId !== room.environment.project && projectId !== room.environment.projectNumber) {
    throw new CloudError(404, 'notFound', `Not found: Project ${projectId ?? ''}`)
  }
}
