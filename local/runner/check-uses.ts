/**
 * Follows every `uses:` of a list of steps to its action, also through composite actions; it refuses what is
 * missing, foreign or not supported.
 */
import { join } from 'node:path'
import { ActionFileError, readActionFile } from './action-file.ts'
import type { ActionFile } from './action-file.ts'
import { builtinInputs, onlyWhenFalse } from './builtin-actions.ts'
import { shownAs, warnUnpinned } from './called-workflows.ts'
import type { Check } from './check.ts'
import { missingGcloud, scriptMistakes } from './check-scripts.ts'
import type { Machine } from './check-scripts.ts'
import { deepestComposite } from './composite.ts'
import { ExpressionError } from './expressions.ts'
import type { Contexts } from './expressions.ts'
import { chooseNode, choosePython } from './machine-versions.mjs'
import type { Source } from './source.ts'
import { isStandIn } from './stand-ins.ts'
import { unexpectedInputs } from './support.ts'
import { child, entries, isMappingToken, lineOf, literal, textAround, textOf } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { Uses } from './uses.ts'
import type { Problem, WorkflowStep } from './workflow.ts'

interface StepsFile {
  /** As shown. */
  readonly file: string
  readonly source: Source
  /** Composite actions around the steps: none for those of a workflow. */
  readonly depth: number
  /** False when some checkout or download may put anything anywhere below the workspace. */
  readonly isWorkspaceKnown: boolean
  /** Contexts that are known before the run, one of each leg; none inside a composite action. */
  readonly legs: readonly Contexts[]
}

export const checkUses = async (
  steps: readonly WorkflowStep[],
  at: StepsFile,
  check: Check,
): Promise<{ problems: Problem[]; uses: string[] }> => {
  const problems: Problem[] = []
  const uses: string[] = []
  const refuse = (line: number, message: string): void => {
    problems.push({ file: at.file, line, message })
  }
  const isWorkspaceKnown = at.isWorkspaceKnown && !steps.some((step) => bringsFiles(step, check))
  for (const step of steps) {
    if (step.uses === undefined) {
      const isShell = literal(step.shell) !== 'python'
      for (const message of isShell ? scriptMistakes(textAround(step.run), check.machine) : [])
        refuse(step.line, message)
      continue
    }
    uses.push(step.uses)
    const parsed = parseUses(step.uses, check.repositories.names)
    if (parsed.kind === 'refused') refuse(step.line, parsed.reason)
    else if (parsed.kind === 'builtin') builtinMistakes(step, parsed, refuse)
    else {
      const found = await findAction(step, parsed, { ...at, isWorkspaceKnown }, check, refuse)
      if (found && isStandIn(found.source)) standInMistakes(step, found.action, at.legs, check, refuse)
      else if (parsed.kind === 'repository') warnUnpinned(parsed, { file: at.file, line: step.line }, check)
      if (found?.action.kind === 'node' && at.depth > 0 && found.action.pre)
        refuse(
          step.line,
          `uses: ${step.uses}: an action with a pre stage is not supported inside a composite action; use it in the job itself`,
        )
      if (found?.action.kind !== 'composite') continue
      if (at.depth >= deepestComposite) {
        refuse(step.line, `uses: ${step.uses}: Composite action depth exceeded max depth ${deepestComposite}`)
        continue
      }
      const file = shownAs(found.source, join(parsed.path, found.action.fileName), check.repositories)
      const nested = await checkUses(
        found.action.steps,
        { file, source: found.source, depth: at.depth + 1, isWorkspaceKnown, legs: [] },
        check,
      )
      problems.push(...nested.problems)
      uses.push(...nested.uses)
    }
  }
  return { problems, uses }
}

type Located = Exclude<Uses, { kind: 'builtin' | 'refused' }>

/** `./path` is looked for where a plain actions/checkout will have put it: in the run's own repository. */
const findAction = async (
  step: WorkflowStep,
  uses: Located,
  at: StepsFile,
  check: Check,
  refuse: (line: number, message: string) => void,
): Promise<{ action: ActionFile; source: Source } | undefined> => {
  const { repositories } = check
  const source =
    uses.kind === 'self'
      ? at.source
      : uses.kind === 'workspace'
        ? repositories.own
        : await repositories.find(uses.repository, uses.ref)
  if (!source) return undefined
  try {
    const action = await readActionFile(join(source.root, uses.path))
    if (action) return { action, source }
    const where = uses.path || 'the repository root'
    if (uses.kind === 'workspace' && at.isWorkspaceKnown)
      refuse(
        step.line,
        `uses: ${step.uses}: there is no action.yml in ${where}${hintOfSelf(uses.path, at, check)}`,
      )
    if (uses.kind !== 'workspace')
      refuse(step.line, `uses: ${step.uses}: there is no action.yml in ${where} of ${source.repository}`)
  } catch (error) {
    if (!(error instanceof ActionFileError)) throw error
    refuse(step.line, `uses: ${step.uses}: ${error.message}`)
  }
  return undefined
}

const hintOfSelf = (path: string, at: StepsFile, check: Check): string =>
  at.source.root === check.repositories.own.root
    ? ''
    : ` of ${check.repositories.own.repository}; write $/${path} for the one of ${at.source.repository}`

const bringsFiles = (step: WorkflowStep, check: Check): boolean => {
  const uses = step.uses === undefined ? undefined : parseUses(step.uses, check.repositories.names)
  if (uses?.kind !== 'builtin') return false
  return (
    uses.name === 'download-artifact' ||
    (uses.name === 'checkout' && entries(step.with).some(({ key }) => key === 'repository' || key === 'path'))
  )
}

const builtinMistakes = (
  step: WorkflowStep,
  uses: Uses & { kind: 'builtin' },
  refuse: (line: number, message: string) => void,
): void => {
  const supported = builtinInputs[uses.name]
  for (const { key, keyToken, value } of entries(step.with)) {
    const isAsked = onlyWhenFalse.includes(key) && literal(value) !== 'false'
    if (supported.includes(key) && !isAsked) continue
    refuse(
      lineOf(keyToken),
      `actions/${uses.name} with ${key}${isAsked ? ` other than false` : ''} is not supported; supported: ${supported.join(', ')}; leave it out, or leave the job out with --without-job`,
    )
  }
}

/** Left out silently, an input would make the stand-in do something else than the action. */
const standInMistakes = (
  step: WorkflowStep,
  action: ActionFile,
  legs: readonly Contexts[],
  check: Check,
  refuse: (line: number, message: string) => void,
): void => {
  const declared = action.inputs.map(({ name }) => name)
  const repository = step.uses!.split('@', 1)[0]!.split('/').slice(0, 2).join('/')
  for (const { key, keyToken } of isMappingToken(step.with) ? entries(step.with) : [])
    if (!declared.some((name) => name.toLowerCase() === key.toLowerCase()))
      refuse(
        lineOf(keyToken),
        `${repository} with ${key} is not supported by this runner's stand-in, which knows ${declared.join(', ')}; leave it out, or name a checkout of the real action with --action ${repository}=PATH`,
      )
  const lacking = check.machine && lackingOf(repository.toLowerCase(), step, legs, check.machine)
  if (lacking !== undefined) refuse(step.line, lacking)
}

/** `undefined` where an expression asks for what only the run knows. */
export const unlessUnknown = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch (error) {
    if (error instanceof ExpressionError) return undefined
    throw error
  }
}

/** What the stand-in would find in the middle of a run, in any leg. */
const lackingOf = (
  repository: string,
  step: WorkflowStep,
  legs: readonly Contexts[],
  machine: Machine,
): string | undefined => {
  if (repository === 'google-github-actions/setup-gcloud') return missingGcloud(machine)
  const [input, choose] =
    repository === 'actions/setup-node'
      ? ['node-version', chooseNode]
      : repository === 'actions/setup-python'
        ? ['python-version', choosePython]
        : []
  if (input === undefined || choose === undefined) return undefined
  const given = child(step.with, input)
  const only = given === undefined ? '' : literal(given)
  const wanted =
    only === undefined
      ? legs.flatMap((contexts) => unlessUnknown(() => textOf(given, { contexts }, input)) ?? [])
      : [only]
  const problem = wanted.map((version) => choose(version).problem).find((found) => found !== undefined)
  return problem === undefined
    ? undefined
    : `${repository}: ${problem}, or leave the job out with --without-job`
}

/**
 * What GitHub lets pass and an author wants to know: inputs an action does not declare, and required ones
 * left out.
 */
export const inputMistakes = async (
  steps: readonly WorkflowStep[],
  at: Pick<StepsFile, 'file' | 'source'>,
  check: Check,
): Promise<Problem[]> => {
  const problems: Problem[] = []
  for (const step of steps) {
    const parsed = step.uses === undefined ? undefined : parseUses(step.uses, check.repositories.names)
    if (!parsed || parsed.kind === 'builtin' || parsed.kind === 'refused') continue
    const { action } =
      (await findAction(
        step,
        parsed,
        { ...at, depth: 0, isWorkspaceKnown: false, legs: [] },
        check,
        () => undefined,
      )) ?? {}
    if (!action) continue
    const given = isMappingToken(step.with) ? entries(step.with) : []
    const declared = action.inputs.map((input) => input.name)
    for (const { key, keyToken } of given) {
      if (!declared.some((name) => name.toLowerCase() === key.toLowerCase()))
        problems.push({ file: at.file, line: lineOf(keyToken), message: unexpectedInputs([key], declared) })
    }
    for (const input of action.inputs) {
      const isGiven = given.some(({ key }) => key.toLowerCase() === input.name.toLowerCase())
      if (input.isRequired && input.default === undefined && !isGiven)
        problems.push({
          file: at.file,
          line: step.line,
          message: `uses: ${step.uses}: required input '${input.name}' is missing`,
        })
    }
  }
  return problems
}
