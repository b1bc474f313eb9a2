/**
 * Reads the workflows that jobs call, all the way down, before anything runs; it refuses calls GitHub
 * refuses, in its words, and says what to write.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkCall } from './call-check.ts'
import { defaultPermissions, readPermissions } from './permissions.ts'
import type { Permissions } from './permissions.ts'
import { fileRef, isFullSha, isSameRepository } from './source.ts'
import type { Repositories, Source } from './source.ts'
import { parseWorkflowUses } from './uses.ts'
import { readWorkflow, refOfWorkflow, WorkflowProblems } from './workflow.ts'
import type { Problem, Workflow, WorkflowJob } from './workflow.ts'

export interface LoadedWorkflow {
  readonly workflow: Workflow
  /** By the id of the job that calls. */
  readonly calls: ReadonlyMap<string, LoadedWorkflow>
  /** What its jobs may do when neither they nor the file say so. */
  readonly granted: Permissions
  /** Ids of the calling jobs down to here, each followed by `/`; empty for the run's own file. */
  readonly place: string
}

/** docs.github.com "Limitations of reusable workflows": the caller and nine levels below it, fifty files. */
const deepest = 9
const mostFiles = 50

export interface Loading {
  readonly repositories: Repositories
  /** Jobs left out by `--without-job`: what they call is not read. */
  readonly isLeftOut: (place: string) => boolean
  /** Problems that stop nothing. */
  readonly warn: (problem: Problem) => void
}

export const loadWorkflow = async (
  source: Source,
  path: string,
  loading: Loading,
): Promise<LoadedWorkflow> => {
  const workflow = await readWorkflow(source, path)
  const seen = new Set<string>()
  return loadCalls(
    {
      workflow,
      granted: readPermissions(workflow.permissions) ?? defaultPermissions,
      place: '',
      callers: [workflow],
      seen,
    },
    loading,
  )
}

interface Node {
  readonly workflow: Workflow
  readonly granted: Permissions
  readonly place: string
  /** From the run's own file to this one. */
  readonly callers: readonly Workflow[]
  readonly seen: Set<string>
}

/** A job's own `permissions` replace those of the file, which replace those of the caller. */
export const permissionsOf = (job: WorkflowJob, loaded: Pick<LoadedWorkflow, 'granted'>): Permissions =>
  readPermissions(job.permissions) ?? loaded.granted

const loadCalls = async (node: Node, loading: Loading): Promise<LoadedWorkflow> => {
  const calls = new Map<string, LoadedWorkflow>()
  for (const job of node.workflow.jobs) {
    if (!job.call || loading.isLeftOut(node.place + job.id)) continue
    const called = await readCalled(node, job, job.call, loading)
    checkCall(node.workflow, job, called, permissionsOf(job, node))
    const granted = readPermissions(called.permissions) ?? permissionsOf(job, node)
    const callers = [...node.callers, called]
    calls.set(
      job.id,
      await loadCalls(
        { workflow: called, granted, place: `${node.place}${job.id}/`, callers, seen: node.seen },
        loading,
      ),
    )
  }
  const { workflow, granted, place } = node
  return { workflow, granted, place, calls }
}

const readCalled = async (
  node: Node,
  job: WorkflowJob,
  call: NonNullable<WorkflowJob['call']>,
  loading: Loading,
): Promise<Workflow> => {
  const { workflow, callers, seen } = node
  const refuse = (message: string): never => {
    throw new WorkflowProblems([{ file: workflow.file, line: call.line, message }])
  }
  const { repositories } = loading
  const uses = parseWorkflowUses(call.uses, repositories.names)
  if (uses.kind === 'refused') return refuse(uses.reason)
  const source =
    uses.kind === 'repository' ? await repositories.find(uses.repository, uses.ref) : workflow.source
  if (!source) return refuse(`uses: ${call.uses}: no checkout of this repository is known`)
  if (uses.kind === 'repository') warnUnpinned(uses, { file: workflow.file, line: call.line }, loading)
  const key = `${source.repository.toLowerCase()}/${uses.path}`
  const isSame = (other: Workflow): boolean =>
    `${other.source.repository.toLowerCase()}/${other.path}` === key
  if (callers.some(isSame))
    return refuse(
      `job '${job.id}' calls ${fileRef(source, uses.path)}, which is already being called: loops in the workflow tree are not permitted`,
    )
  if (callers.length > deepest) return refuse(`Nested reusable workflow depth exceeded ${deepest}.`)
  if (seen.add(key).size > mostFiles)
    return refuse(`more than ${mostFiles} unique reusable workflows are called from ${callers[0]?.file}`)
  if (!(await stat(join(source.root, uses.path)).catch(() => undefined))?.isFile())
    return refuse(`uses: ${call.uses}: there is no workflow file ${uses.path} in ${source.root}`)
  const called = await readWorkflow(source, uses.path, shownAs(source, uses.path, repositories))
  if (!called.events.includes('workflow_call'))
    return refuse(
      `uses: ${call.uses}: workflow_call key is not defined in the referenced workflow (${refOfWorkflow(called)}); write on: workflow_call there`,
    )
  return called
}

export const warnUnpinned = (
  uses: { repository: string; path: string; ref: string },
  place: { file: string; line: number },
  loading: Pick<Loading, 'repositories' | 'warn'>,
): void => {
  if (isSameRepository(uses.repository, loading.repositories.own.repository) || isFullSha(uses.ref)) return
  const written = [uses.repository, uses.path].filter((part) => part !== '').join('/')
  loading.warn({
    ...place,
    message: `uses: ${written}@${uses.ref} can change without notice: pin it to a full commit SHA`,
  })
}

/** A file of another repository is named with it, so that a message tells which checkout to edit. */
export const shownAs = (source: Source, path: string, repositories: Repositories): string =>
  isSameRepository(source.repository, repositories.own.repository) ? path : `${source.repository}/${path}`
