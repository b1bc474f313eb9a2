/**
 * Holds every plan an action puts out against the schema that is promised to users; it judges no action
 * without one.
 */
import { Ajv } from 'ajv'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const ajv = new Ajv({ allErrors: true })

export function judgePlan(action: string, plan: string | undefined): void {
  const file = resolve(import.meta.dirname, `../../docs/plans/${action}.schema.json`)
  if (plan === undefined || plan === '' || !existsSync(file)) return
  const id = `plan of ${action}`
  const validate =
    ajv.getSchema(id) ?? ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')), id).getSchema(id)
  if (validate?.(JSON.parse(plan)) !== true)
    throw new Error(
      `the ${id} is not as docs/plans/${action}.schema.json promises: ${ajv.errorsText(validate?.errors)}`,
    )
}
