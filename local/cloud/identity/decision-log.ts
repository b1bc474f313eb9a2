/**
 * Writes each permission decision as one NDJSON line: who asked, for what, on which resource, and the answer.
 * Off unless a file is named; it holds no token.
 */
import { appendFileSync } from 'node:fs'
import type { Access } from '../kernel.ts'

/** Gives the function that ends the log. */
export function logDecisions(access: Access, file: string): () => void {
  return access.onDecision(({ principal, permission, resource, allowed }) => {
    appendFileSync(
      file,
      `${JSON.stringify({ member: principal.member, permission, resource: resource.name, allowed })}\n`,
      { mode: 0o600 },
    )
  })
}
