/**
 * Carries the plan out: datasets, dbt's commands in one process, the state they leave. It refuses to judge what
 * dbt's results mean, and to begin when the plan is refused.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Google } from '../../_shared/google/connect.ts'
import { assertNever, type Found, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { compareTables, type Compared } from './compare-tables.ts'
import { create, drop, keyOfProduction } from './datasets.ts'
import { labelsFor, runDbt } from './dbt-process.ts'
import { failureOf } from './failure.ts'
import type { Inputs } from './inputs.ts'
import { install, keptFolder } from './install.ts'
import { renderJunit } from './junit.ts'
import type { Observed } from './observe.ts'
import { putBack } from './package-cache.ts'
import { isPlainDeps, settle } from './packages.ts'
import type { CommandStep, DbtPlan, DbtStep } from './plan.ts'
import { jobPlace, renderProfiles } from './profile.ts'
import { whyNoPython } from './python-models.ts'
import { readResults, type CommandResult } from './results.ts'
import { describeStopped } from './stop.ts'
import { saveState, STATE_FILES } from './state.ts'
import { spelledCompared } from './report-compared.ts'
import { isPreviewed } from './verbs.ts'

export interface DbtOutcome extends Outcome<DbtStep, CommandResult> {
  /** Folder with the artifacts of each command; '' when dbt never ran. */
  readonly results: string
  readonly junit: string
  readonly compared: readonly Compared[]
  readonly notes: readonly string[]
}
type Done = { step: DbtStep; result?: CommandResult; found?: Found }[]

export async function apply(
  plan: DbtPlan,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Runner,
): Promise<DbtOutcome> {
  const done: Done = []
  const notes: string[] = []
  let compared: readonly Compared[] = []
  const end = (failure: unknown, results = '', junit = ''): DbtOutcome => ({
    isApplied: !inputs.isDryRun,
    done,
    notes,
    results,
    junit,
    compared,
    failure,
  })
  const seen = observed.preview
  const commands = plan.steps.filter(
    (step): step is CommandStep => step.kind === 'command' || step.kind === 'list',
  )
  if (seen !== undefined && (seen.exitCode !== 0 || inputs.isDryRun)) {
    const asked = commands.filter(({ command }) => isPreviewed(command))
    for (const [number, { result }] of seen.commands.entries()) {
      const step = asked[number]
      if (step !== undefined) done.push({ step, result })
    }
    const how = runner.cancelled.aborted ? 'nothing was built' : undefined
    const failure = seen.exitCode === 0 ? undefined : failureOf(seen.exitCode, commands, done, how)
    return end(failure ?? plan.costRefusal, seen.results)
  }
  // Of a cleanup a dry run has nothing to look at but the plan.
  if (inputs.isDryRun) return end(undefined)
  if (plan.costRefusal !== undefined) return end(plan.costRefusal, seen?.results)
  let results = ''
  let junit = ''
  try {
    const python = await prepare(plan, inputs, observed, google, runner, { done, notes })
    if (commands.length === 0) return end(undefined)
    const ran = await runCommands(commands, python, inputs, observed, google, runner)
    results = ran.results
    for (const [number, step] of commands.entries()) {
      const result = await readResults(
        path.join(results, String(number)),
        inputs.projectDir,
        observed.project,
        whyNoPython(inputs.python, google),
      )
      if (result !== undefined) done.push({ step, result })
    }
    notes.push(...(await settleInstalled(inputs, observed, runner, done)))
    junit = await writeJunit(results, done)
    const how = ran.stopped && describeStopped(ran.stopped, jobPlace(inputs, google))
    const failure = failureOf(ran.exitCode, commands, done, how)
    if (failure !== undefined) return end(failure, results, junit)
    markBuilt(plan, done)
    compared = await compare(inputs, observed, google, runner, { results, done })
    markCompared(plan, compared, done)
    await save(plan, inputs, observed, google, runner, { results, done, notes })
    return end(undefined, results, junit)
  } catch (failure) {
    return end(failure, results, junit)
  }
}

/** What stands before the commands. @returns the Python to run dbt with. */
async function prepare(
  plan: DbtPlan,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Runner,
  { done, notes }: { readonly done: Done; readonly notes: string[] },
): Promise<string> {
  let python = observed.python ?? ''
  // Of all its datasets; asked for where one is made.
  let key: Promise<string | undefined> | undefined
  for (const step of plan.steps) {
    switch (step.kind) {
      case 'install':
        if (python === '') python = await install(step, runner)
        done.push({ step })
        break
      case 'reuse-packages':
        // What was previewed was previewed with them.
        if (observed.preview === undefined && observed.packages?.content)
          await putBack(observed.packages.content, observed.packages.folder)
        done.push({ step })
        break
      case 'create-dataset':
        key ??= keyOfProduction(inputs, google)
        await create(step.target, inputs, observed, google, await key)
        done.push({ step })
        break
      case 'drop-dataset':
        notes.push(await drop(step.target, observed, google))
        done.push({ step })
        break
      case 'use':
        done.push({ step })
        break
      case 'build':
      case 'test':
      case 'compare':
      case 'python-model':
      case 'command':
      case 'list':
      case 'leave-out':
      case 'leave-dataset':
      case 'save-state':
        break
      default:
        assertNever(step)
    }
  }
  return python
}

function runCommands(
  commands: readonly CommandStep[],
  python: string,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Runner,
): ReturnType<typeof runDbt> {
  const { scratch, dataset, project } = observed
  return runDbt(
    {
      python,
      scratch,
      target: project.targetPath,
      projectId: google.projectId,
      jobs: jobPlace(inputs, google),
      profiles: renderProfiles(inputs, dataset, project.profileName, google, labelsFor(runner)),
      argvs: commands.map(({ argv }) => argv),
      isLoud: true,
    },
    google,
    runner,
  )
}

async function writeJunit(results: string, done: Done): Promise<string> {
  const file = path.join(results, 'junit.xml')
  const commands = done.flatMap(({ step, result }) =>
    result === undefined ? [] : [{ name: `dbt ${step.target}`, result }],
  )
  await writeFile(file, renderJunit(commands))
  return file
}

/** Once: a plan that looked has installed them already. */
async function settleInstalled(
  inputs: Inputs,
  { packages }: Observed,
  runner: Runner,
  done: Done,
): Promise<string[]> {
  const isInstalled = done.some(
    ({ step, result }) => step.kind === 'command' && isPlainDeps(step.command) && result?.isSuccess,
  )
  if (packages === undefined || packages.note !== undefined || !isInstalled) return []
  const { note } = await settle(packages, inputs.projectDir, keptFolder(runner))
  return note === undefined ? [] : [note]
}

/** The nodes that were shown in the plan and passed. */
function markBuilt(plan: DbtPlan, done: Done): void {
  const passed = new Set(done.flatMap(({ result }) => result?.nodes ?? []).map(({ name }) => name))
  for (const step of plan.steps)
    if (['build', 'test', 'python-model'].includes(step.kind) && passed.has(step.target)) done.push({ step })
}

function markCompared(plan: DbtPlan, compared: readonly Compared[], done: Done): void {
  for (const step of plan.steps) {
    const model = compared.find(({ name }) => name === step.target)
    if (step.kind !== 'compare' || model === undefined) continue
    const { before, after } = model
    done.push({ step, found: { reason: spelledCompared(model), before, after } })
  }
}

/** Only what a pull request built; a run that was cancelled has no time for it. */
async function compare(
  inputs: Inputs,
  { state }: Observed,
  google: Google,
  runner: Runner,
  ended: { readonly results: string; readonly done: Done },
): Promise<Compared[]> {
  const kept = state?.role === 'compare' ? state.kept : undefined
  if (inputs.compareBytes === undefined || kept === undefined || runner.cancelled.aborted) return []
  const commands = ended.done.flatMap(({ result }) => (result === undefined ? [] : [result]))
  const built = commands
    .flatMap(({ nodes }) => nodes)
    .filter(({ resourceType, verdict }) => resourceType === 'model' && verdict === 'passed')
    .map(({ id }) => id)
  if (built.length === 0) return []
  const last = commands.findLastIndex(({ nodes }) => nodes.some(({ id }) => built.includes(id)))
  const folders = { here: path.join(ended.results, String(last)), production: kept.directory }
  const how = {
    limitBytes: inputs.compareBytes,
    place: jobPlace(inputs, google),
    labels: labelsFor(runner),
  }
  return compareTables(built, folders, how, google)
}

async function save(
  plan: DbtPlan,
  inputs: Inputs,
  observed: Observed,
  google: Google,
  runner: Runner,
  ended: { readonly results: string; readonly done: Done; readonly notes: string[] },
): Promise<void> {
  const step = plan.steps.find(({ kind }) => kind === 'save-state')
  const commit = observed.state?.commit
  if (step === undefined || inputs.state === undefined || commit === undefined) return
  const count = ended.done.filter(({ result }) => result !== undefined).length
  const files: Record<string, Buffer> = {}
  for (const name of STATE_FILES)
    for (let number = count - 1; number >= 0 && files[name] === undefined; number -= 1) {
      const content = await readFile(path.join(ended.results, String(number), name)).catch(() => undefined)
      if (content !== undefined) files[name] = content
    }
  if (files['manifest.json'] === undefined) {
    ended.notes.push('State: none was left, because no command wrote a manifest.')
    return
  }
  const read = ended.done
    .flatMap(({ result }) => result?.nodes ?? [])
    .filter((node) => node.bytesProcessed !== undefined)
  const bytes = {
    ...observed.state?.kept?.bytes,
    ...Object.fromEntries(read.map((node) => [node.id, node.bytesProcessed])),
  }
  files['bytes.json'] = Buffer.from(JSON.stringify(bytes))
  const { openStorage } = await import('../../_shared/google/storage.ts')
  const { runId, runAttempt, runUrl } = runner.context
  ended.notes.push(
    await saveState(openStorage(google), inputs.state, files, commit, {
      id: runId,
      attempt: runAttempt,
      url: runUrl,
      project: observed.project.name,
    }),
  )
  ended.done.push({ step })
}
