/** INTERIM while the policy engine is written next: allows everything. */
import type { Access, Environment } from '../kernel.ts'

export async function loadAccess(_file: string, _environment: Environment): Promise<Access> {
  return { allows: () => true, require: () => undefined, roleHas: () => true, datasetBindings: () => [], onDecision: () => () => undefined }
}
