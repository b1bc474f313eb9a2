/** Reads `labels = …` of OPTIONS; it refuses what BigQuery would, and labels that are this set's own marks. */
import { wrongLabel } from './ownership.ts'
import type { Cursor } from './sql-cursor.ts'

/** NULL says nothing. */
export function readLabels(cursor: Cursor): Record<string, string> | undefined {
  if (cursor.accept('NULL')) return undefined
  const labels: [string, string][] = []
  cursor.expect('[')
  do {
    if (cursor.next() === ']') break
    cursor.accept('STRUCT')
    cursor.expect('(')
    const key = cursor.text()
    cursor.expect(',')
    const value = cursor.text()
    const wrong = wrongLabel(key, value)
    if (wrong !== undefined) cursor.refuse(wrong)
    labels.push([key, value])
    cursor.expect(')')
  } while (cursor.accept(','))
  cursor.expect(']')
  return Object.fromEntries(labels)
}

/** NULL is what a file writes that does not say anything. */
export const textOrNull = (cursor: Cursor): string | undefined =>
  cursor.accept('NULL') ? undefined : cursor.text()
