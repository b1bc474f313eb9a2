/** How an amount is spelled wherever a person reads one; it refuses to be precise where nobody needs it. */

/** In the units that BigQuery bills (a TiB is 2^40 bytes): `512 bytes`, `1.5 GiB`. */
export function spelledBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`
}

export const spelledDollars = (amount: number): string =>
  amount === 0 ? '$0' : amount < 0.01 ? '< $0.01' : `$${amount.toFixed(2)}`

/** The first five names, and how many more there are. */
export function few(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}
