/** The secret of an Authorization header, and a comparison that takes as long for a wrong one as for the right one. */
import { timingSafeEqual } from 'node:crypto'

export function bearer(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
}

export function isSameSecret(given: string, kept: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(kept)]
  return a.length === b.length && timingSafeEqual(a, b)
}
