/**
 * `run FILE`: reads the arguments, finds or starts the cloud, runs the workflow, shows it;
 * it refuses unknown options by name.
 */
import './json-import-hook.ts'
import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { calledAs, isPacked } from '../called-as.ts'
import { cloudFilesOf } from '../cloud-files.ts'
import { explainOption } from '../option-mistakes.ts'
import { parseOptions } from '../parse-options.ts'
import { UsageError } from '../usage-error.ts'
import { openCloud } from './cloud-of-state.ts'
import type { OpenCloud } from './cloud-of-state.ts'
import { DispatchInputError } from './dispatch-inputs.ts'
import { thisMachine } from './check-scripts.ts'
import { localVars, readEnvironmentFile, readGithubEnvironments } from './environment-vars.ts'
import type { Value } from './expressions.ts'
import type { WorkflowResult } from './result.ts'
import { houseOf, ownRepositoryOf } from './own-repository.ts'
import { RunRefused, runWorkflow } from './run-workflow.ts'
import { standIns } from './stand-ins.ts'
import { isBuiltin } from './uses.ts'
import { toolPathsFor } from './runner-image.ts'
import { WorkflowProblems } from './workflow.ts'

const usage = `${calledAs} run FILE [options]
  --input name=value            an input of workflow_dispatch
  --var name=value              a configuration variable; wins over the environment's
  --secret name=value           a secret
  --event NAME                  workflow_dispatch, push, schedule, pull_request
  --event-file FILE.json        laid over the event's payload
  --repository OWNER/NAME=PATH  where a checkout of a repository lies; of the file's own, its name
  --action OWNER/NAME=PATH      where a checkout of somebody's action lies; or a folder of OWNER/NAME folders
  --without-job ID              a job that is not run; caller/job inside a called workflow
  --state DIR                   where the local cloud keeps its data, default .local
  --environment FILE            names and sizes of your own cloud, in the form of environment.yaml
  --access FILE                 rights of your own, in the form of access.yaml
  --debug                       shows ::debug:: lines
  --allow-network               lets steps leave the local cloud
${isPacked ? 'The page "The local runner" of this product' : 'docs/local-runner.md'} says what is supported.`

/**
 * Exit code: 0 success, 1 a job failed or the run was refused, 130 cancelled. The last line of stdout is the
 * result as JSON.
 */
export const run = async (argv: readonly string[], repositoryRoot: string): Promise<number> => {
  const show = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  let given: ReturnType<typeof readArguments>
  try {
    given = readArguments(argv)
  } catch (error) {
    show(`${explainOption(error, usage)}; ${calledAs} run --help lists the options`)
    return 1
  }
  if (given === undefined) {
    show(usage)
    return 0
  }
  const cancel = new AbortController()
  const onSignal = (): void => {
    show('cancelling: steps get SIGINT, post steps still run')
    cancel.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const stateDir = resolve(given.state)
  const inHouse = await readGithubEnvironments(repositoryRoot)
  const { identity: product } = Object.values(inHouse)[0] ?? {}
  if (!product)
    throw new UsageError(
      'there is no terraform-infra/environments/*/environment.yaml to say which repository this is',
    )
  const house = await houseOf(repositoryRoot, product.repository)
  let cloud: OpenCloud | undefined
  try {
    const own = await ownRepositoryOf(resolve(given.file), house, given.repositories)
    const files = cloudFilesOf(given)
    cloud = await openCloud({ stateDir, repositoryRoot, isSealed: !given.isOpen, files, log: show })
    const theirs = cloud.files.environmentFile
    const environments = theirs ? await readEnvironmentFile(theirs) : inHouse
    const { identity = product } = Object.values(environments)[0] ?? {}
    if (own.repository !== identity.repository)
      show(
        `${given.file} belongs to ${own.repository} (${own.root}); the local cloud trusts it as the repository ${identity.repositoryId}`,
      )
    const result = await runWorkflow({
      file: resolve(given.file),
      repositoryRoot: own.root,
      stateDir,
      // The ids are those that the cloud's bindings name: whoever runs here is the one it trusts.
      identity: { ...identity, repository: own.repository },
      repositories: {
        ...standIns,
        ...Object.fromEntries(house.names.map((name) => [name, house.root])),
        ...given.actions,
        ...given.repositories,
      },
      event: given.event,
      eventPayload: given.eventFile === undefined ? undefined : await readEvent(given.eventFile),
      inputs: given.inputs,
      secrets: given.secrets,
      vars: given.vars,
      // On the command line a variable is meant for this run: it wins over the environment's.
      environments: Object.fromEntries(
        Object.values(environments).map(({ name, vars }) => [name, { ...vars, ...localVars, ...given.vars }]),
      ),
      withoutJobs: given.withoutJobs,
      isDebug: given.isDebug,
      cloud: cloud.connection,
      machine: thisMachine(!given.isOpen),
      toolPaths: (uses) => toolPathsFor(uses, stateDir, show),
      show,
      signal: cancel.signal,
    })
    showResult(result, show)
    process.stdout.write(`${JSON.stringify(machineResult(result))}\n`)
    return result.conclusion === 'success' ? 0 : result.conclusion === 'cancelled' ? 130 : 1
  } catch (error) {
    if (!(
      error instanceof WorkflowProblems ||
      error instanceof RunRefused ||
      error instanceof UsageError ||
      error instanceof DispatchInputError
    ))
      throw error
    show(error.message)
    return 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await cloud?.close()
  }
}

const readArguments = (argv: readonly string[]) => {
  const { values, positionals } = parseOptions({
    args: [...argv],
    allowPositionals: true,
    strict: true,
    options: {
      input: { type: 'string', multiple: true, short: 'i' },
      var: { type: 'string', multiple: true },
      secret: { type: 'string', multiple: true },
      event: { type: 'string', default: 'workflow_dispatch' },
      'event-file': { type: 'string' },
      repository: { type: 'string', multiple: true },
      action: { type: 'string', multiple: true },
      'without-job': { type: 'string', multiple: true },
      state: { type: 'string', default: '.local' },
      environment: { type: 'string' },
      access: { type: 'string' },
      debug: { type: 'boolean', default: false },
      'allow-network': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  if (values.help) return undefined
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new Error('exactly one workflow file is needed')
  return {
    file,
    event: values.event,
    eventFile: values['event-file'],
    repositories: repositoriesOf('repository', values.repository),
    actions: actionsOf(values.action),
    withoutJobs: values['without-job'] ?? [],
    state: values.state,
    environment: values.environment,
    access: values.access,
    isDebug: values.debug,
    isOpen: values['allow-network'],
    inputs: pairs('input', values.input),
    vars: pairs('var', values.var),
    secrets: pairs('secret', values.secret),
  }
}

const repositoriesOf = (option: string, given: readonly string[] | undefined): Record<string, string> => {
  const found = pairs(option, given)
  for (const [name, path] of Object.entries(found)) {
    if (!/^[\w.-]+\/[\w.-]+$/.test(name))
      throw new Error(`--${option} ${name}=${path} is not OWNER/NAME=PATH`)
    if (!isDirectory(path)) throw new Error(`--${option} ${name}=${path}: there is no such directory`)
    if (isBuiltin(name))
      throw new Error(
        `--${option} ${name}=${path}: this runner does ${name} itself, because the real one needs GitHub`,
      )
  }
  return found
}

/** A word without `=` is a folder that holds OWNER/NAME folders, as a runner keeps them. */
const actionsOf = (given: readonly string[] = []): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const folder of given.filter((word) => !word.includes('='))) {
    if (!isDirectory(folder))
      throw new Error(`--action ${folder} is neither OWNER/NAME=PATH nor a folder of OWNER/NAME folders`)
    for (const owner of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
      for (const action of readdirSync(join(folder, owner.name), { withFileTypes: true }))
        if (action.isDirectory() && !isBuiltin(`${owner.name}/${action.name}`))
          found[`${owner.name}/${action.name}`] = join(folder, owner.name, action.name)
    if (Object.keys(found).length === 0)
      throw new Error(`--action ${folder}: there is no OWNER/NAME folder in it`)
  }
  return {
    ...found,
    ...repositoriesOf(
      'action',
      given.filter((word) => word.includes('=')),
    ),
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const readEvent = async (file: string): Promise<Record<string, Value>> => {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new RunRefused(`--event-file ${file} cannot be read`)
  })
  try {
    const value = JSON.parse(text) as Value
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, Value>
  } catch {
    // Said below.
  }
  throw new RunRefused(`--event-file ${file} is not a JSON object`)
}

const pairs = (option: string, given: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals <= 0)
        throw new Error(`--${option} ${option === 'secret' ? '' : `${pair} `}is not name=value`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )

export const showResult = (result: WorkflowResult, show: (line: string) => void): void => {
  const said = new Set<string>()
  show('')
  for (const job of result.jobs) {
    const mark = job.result === 'success' ? '✓' : job.result === 'skipped' ? '–' : '✗'
    // Legs of a matrix share their id.
    const isLeg = result.jobs.filter(({ id }) => id === job.id).length > 1
    show(
      `${mark} ${job.id}${isLeg ? ` (${job.name})` : ''}: ${job.result}${job.summaryFile ? `, summary: ${relative(process.cwd(), job.summaryFile)}` : ''}`,
    )
    for (const annotation of job.annotations) {
      const text = `${annotation.level}: ${annotation.message.split('\n')[0]}`
      // The same remark from every step is one remark.
      if (!said.has(text)) show(`    ${annotation.step}: ${text}`)
      said.add(text)
    }
    const failed = job.steps.find((step) => step.conclusion === 'failure')
    if (failed?.log) show(`    log: ${relative(process.cwd(), failed.log)}`)
  }
}

/** Without step outputs: those may hold tokens that only the run itself should see. */
const machineResult = (result: WorkflowResult): unknown => ({
  conclusion: result.conclusion,
  runId: result.runId,
  directory: result.directory,
  jobs: result.jobs.map(({ id, name, result: conclusion, outputs, summaryFile, steps }) => ({
    id,
    name,
    result: conclusion,
    outputs,
    ...(summaryFile ? { summary: summaryFile } : {}),
    steps: steps.map((step) => ({ name: step.name, outcome: step.outcome, seconds: step.seconds })),
  })),
})
