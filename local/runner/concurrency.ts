/**
 * Reads `concurrency` as GitHub does before it queues; a single local run has nobody to wait for, but it
 * refuses a group that GitHub would refuse.
 */
import { ExpressionError } from './expressions.ts'
import type { Contexts } from './expressions.ts'
import { child, isMappingToken, textOf, valueOf } from './tokens.ts'
import type { Token } from './tokens.ts'

export const checkConcurrency = (concurrency: Token | undefined, contexts: Contexts): void => {
  if (!concurrency) return
  const isMapping = isMappingToken(concurrency)
  const group = textOf(
    isMapping ? child(concurrency, 'group') : concurrency,
    { contexts },
    'concurrency.group',
  )
  if (group === '') throw new ExpressionError('Concurrency group name cannot be empty')
  const cancels = isMapping ? valueOf(child(concurrency, 'cancel-in-progress'), { contexts }) : undefined
  if (cancels !== undefined && typeof cancels !== 'boolean')
    throw new ExpressionError(
      `concurrency.cancel-in-progress: Unexpected value '${JSON.stringify(cancels)}'; write true or false`,
    )
}
