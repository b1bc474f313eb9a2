/**
 * Whether this is a checkout or the package that `npm run pack` makes of it, and what a person then types. The package
 * holds the sources as JavaScript, since Node strips no types below node_modules. It refuses to know more.
 */
import { join, resolve } from 'node:path'

export const isPacked = import.meta.filename.endsWith('.js')

/** Where a state lies when nobody says: beside what a person works on. */
export const stateFolder = (given: string | undefined, checkout: string): string =>
  resolve(given ?? (isPacked ? '.local' : join(checkout, '.local')))

export const calledAs = isPacked ? 'npx clickstream-local' : 'npm run local --'
