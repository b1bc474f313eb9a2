/**
 * The eight `ifGeneration*`/`ifMetageneration*` conditions, for targets and sources; a condition it cannot
 * read is refused, never ignored.
 */
import { CloudError } from '../kernel.ts'
import type { StoredObject } from './stored.ts'

export interface Preconditions {
  readonly generationMatch?: string
  readonly generationNotMatch?: string
  readonly metagenerationMatch?: string
  readonly metagenerationNotMatch?: string
}

export function readPreconditions(query: URLSearchParams, source: '' | 'Source' = ''): Preconditions {
  return {
    generationMatch: readNumber(query, `if${source}GenerationMatch`),
    generationNotMatch: readNumber(query, `if${source}GenerationNotMatch`),
    metagenerationMatch: readNumber(query, `if${source}MetagenerationMatch`),
    metagenerationNotMatch: readNumber(query, `if${source}MetagenerationNotMatch`),
  }
}

/** An int64 parameter in canonical decimal form. */
export function readNumber(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  if (!/^-?\d{1,19}$/.test(value))
    throw new CloudError(
      400,
      'invalidParameter',
      `Invalid value '${value.slice(0, 40)}' for parameter '${name}'.`,
      { location: name },
    )
  return String(BigInt(value))
}

/** For writes: 412 as soon as one condition fails. Generation 0 stands for "no live object". */
export function requirePreconditions(
  conditions: Preconditions,
  current: Pick<StoredObject, 'generation' | 'metageneration'> | undefined,
): void {
  if (!holdsMatch(conditions, current) || !holdsNotMatch(conditions, current)) throw preconditionFailed()
}

/** For reads: a failed "match" is 412, a failed "not match" is 304 (`false`). */
export function isModified(
  conditions: Preconditions,
  current: Pick<StoredObject, 'generation' | 'metageneration'>,
): boolean {
  if (!holdsMatch(conditions, current)) throw preconditionFailed()
  return holdsNotMatch(conditions, current)
}

export function preconditionFailed(location = 'If-Match'): CloudError {
  return new CloudError(
    412,
    'conditionNotMet',
    'At least one of the pre-conditions you specified did not hold.',
    { location },
  )
}

function holdsMatch(
  conditions: Preconditions,
  current: Pick<StoredObject, 'generation' | 'metageneration'> | undefined,
): boolean {
  return (
    (conditions.generationMatch === undefined ||
      conditions.generationMatch === String(current?.generation ?? 0)) &&
    (conditions.metagenerationMatch === undefined ||
      conditions.metagenerationMatch === String(current?.metageneration ?? 0))
  )
}

function holdsNotMatch(
  conditions: Preconditions,
  current: Pick<StoredObject, 'generation' | 'metageneration'> | undefined,
): boolean {
  return (
    (conditions.generationNotMatch === undefined ||
      conditions.generationNotMatch !== String(current?.generation ?? 0)) &&
    (conditions.metagenerationNotMatch === undefined ||
      conditions.metagenerationNotMatch !== String(current?.metageneration ?? 0))
  )
}
