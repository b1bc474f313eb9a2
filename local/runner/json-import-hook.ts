/**
 * Lets Node load the official parser, whose JSON imports carry no attribute; it refuses to touch any other
 * import.
 */
import { registerHooks } from 'node:module'

const schemas = /\/@actions\/workflow-parser\/.*\.json$/

registerHooks({
  load: (url, context, next) =>
    next(url, schemas.test(url) ? { ...context, importAttributes: { type: 'json' } } : context),
})
