/** Decides what a job's token may do, as far as a local run needs it: may it ask for an OIDC token. It refuses to guess beyond `permissions:`. */
import { child, literal } from './tokens.ts'
import type { Workflow, WorkflowJob } from './workflow.ts'

/** A job's `permissions` replace the workflow's; without either, GitHub's default never includes `id-token`. */
export const mayRequestIdToken = (workflow: Workflow, job: WorkflowJob): boolean => {
  const permissions = job.permissions ?? workflow.permissions
  return literal(permissions) === 'write-all' || literal(child(permissions, 'id-token')) === 'write'
}
