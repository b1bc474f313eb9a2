/**
 * Compares a job's `with`, `secrets` and `permissions` with the workflow it calls, before anything runs; it
 * refuses as GitHub does and adds what to write.
 */
import { typedInput } from './call-inputs.ts'
import { ExpressionError } from './expressions.ts'
import { excess, joinPermissions, readPermissions, writtenPermissions } from './permissions.ts'
import type { Permissions } from './permissions.ts'
import { child, entries, isExpressionToken, lineOf, literal } from './tokens.ts'
import type { Token } from './tokens.ts'
import { refOfWorkflow, WorkflowProblems } from './workflow.ts'
import type { Problem, Workflow, WorkflowJob } from './workflow.ts'

export const checkCall = (
  caller: Workflow,
  job: WorkflowJob,
  called: Workflow,
  allowed: Permissions,
): void => {
  const definition = child(called.on, 'workflow_call')
  const problems = [
    ...inputProblems(job, child(definition, 'inputs'), called),
    ...secretProblems(job, child(definition, 'secrets'), called),
    ...permissionProblems(job, called, allowed),
  ].map(({ line, message }) => ({ file: caller.file, line, message }))
  if (problems.length > 0) throw new WorkflowProblems(problems)
}

type Found = Omit<Problem, 'file'>

const inputProblems = (job: WorkflowJob, declared: Token | undefined, called: Workflow): Found[] => {
  const given = entries(job.call?.with)
  const problems: Found[] = []
  for (const { key, keyToken, value } of given) {
    const definition = entries(declared).find((input) => isSame(input.key, key))
    if (!definition) {
      problems.push({
        line: lineOf(keyToken),
        message: `Invalid input, ${key} is not defined in the referenced workflow.${declares(called, 'inputs', declared)}`,
      })
    } else if (!isExpressionToken(value)) {
      const message = literalMistake(key, definition.value, value)
      if (message !== undefined) problems.push({ line: lineOf(value), message })
    }
  }
  for (const { key, value } of entries(declared)) {
    if (literal(child(value, 'required')) !== 'true' || given.some((input) => isSame(input.key, key)))
      continue
    problems.push({
      line: job.call?.line ?? job.line,
      message: `Input ${key} is required, but not provided while calling. Write with: { ${key}: … }`,
    })
  }
  return problems
}

const literalMistake = (name: string, definition: Token, value: Token): string | undefined => {
  try {
    typedInput(
      name,
      literal(child(definition, 'type')) ?? 'string',
      (value as unknown as { value: string | number | boolean | null }).value,
    )
    return undefined
  } catch (error) {
    if (error instanceof ExpressionError) return error.message
    throw error
  }
}

const secretProblems = (job: WorkflowJob, declared: Token | undefined, called: Workflow): Found[] => {
  if (literal(job.call?.secrets) === 'inherit') return []
  const given = entries(job.call?.secrets)
  const unknown = given.filter(({ key }) => !entries(declared).some((secret) => isSame(secret.key, key)))
  const missing = entries(declared).filter(
    ({ key, value }) =>
      literal(child(value, 'required')) === 'true' && !given.some((secret) => isSame(secret.key, key)),
  )
  return [
    ...unknown.map(({ key, keyToken }) => ({
      line: lineOf(keyToken),
      message: `Invalid secret, ${key} is not defined in the referenced workflow.${declares(called, 'secrets', declared)}`,
    })),
    ...missing.map(({ key }) => ({
      line: job.call?.line ?? job.line,
      message: `Secret ${key} is required, but not provided while calling. Write secrets: { ${key}: … } or secrets: inherit`,
    })),
  ]
}

const permissionProblems = (job: WorkflowJob, called: Workflow, allowed: Permissions): Found[] => {
  const asking = [
    { who: 'The workflow', token: called.permissions },
    ...called.jobs.map((nested) => ({ who: `The nested job '${nested.id}'`, token: nested.permissions })),
  ]
  const all = asking.map(({ token }) => readPermissions(token) ?? {}).reduce(joinPermissions, allowed)
  return asking.flatMap(({ who, token }) => {
    const tooMuch = excess(readPermissions(token) ?? {}, allowed)
    if (tooMuch.length === 0) return []
    const list = (which: 'requested' | 'allowed'): string => tooMuch.map((item) => item[which]).join(', ')
    return [
      {
        line: job.line,
        message:
          `Error calling workflow '${refOfWorkflow(called)}'. ${who} is requesting '${list('requested')}', but is only allowed '${list('allowed')}'. ` +
          `Write ${writtenPermissions(all)} in the job '${job.id}'`,
      },
    ]
  })
}

const declares = (called: Workflow, what: string, declared: Token | undefined): string =>
  ` ${called.file} declares the ${what}: ${
    entries(declared)
      .map(({ key }) => key)
      .join(', ') || 'none'
  }`
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
