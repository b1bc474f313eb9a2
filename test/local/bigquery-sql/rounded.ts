/** Rows with floats at 12 digits, so that 0.1 + 0.2 is 0.3. */
export function rounded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value === 'number' && Number.isFinite(value)) return Number(value.toPrecision(12))
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]))
  return value
}
