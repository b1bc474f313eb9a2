/**
 * Holds every plan an action puts out against the one schema that is promised to users, and against the digest
 * beside it.
 */
import { Ajv } from 'ajv'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const FILE = 'docs/schemas/plan.schema.json'
const ajv = new Ajv({ allErrors: true })
const validate = ajv.compile(
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../..', FILE), 'utf8')) as object,
)

export function judgePlan(action: string, outputs: Readonly<Record<string, string>>): void {
  if (!outputs.plan) return
  const plan = JSON.parse(outputs.plan) as { action?: unknown; digest?: unknown }
  if (!validate(plan))
    throw new Error(`the plan of ${action} is not as ${FILE} promises: ${ajv.errorsText(validate.errors)}`)
  if (plan.action !== action || plan.digest !== outputs['plan-digest'])
    throw new Error(`the plan of ${action} names another action or digest than the output plan-digest`)
}
