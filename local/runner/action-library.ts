/**
 * Finds the action a step uses, in the workspace or in a copy of its repository made for this job; it refuses
 * paths that lead out of either.
 */
import { join, sep } from 'node:path'
import { ActionFileError, readActionFile } from './action-file.ts'
import type { FoundAction } from './found-action.ts'
import type { Around, JobState } from './job-state.ts'
import type { Repositories, Source } from './source.ts'
import { isStandIn } from './stand-ins.ts'
import { StepError } from './step-error.ts'
import type { Uses } from './uses.ts'
import type { WorkflowStep } from './workflow.ts'
import { copyCheckout } from './workspace.ts'

export interface ActionLibrary {
  /** Undefined when there is no action at that place. */
  find(
    step: WorkflowStep,
    uses: Exclude<Uses, { kind: 'builtin' | 'refused' }>,
    around: Around,
  ): Promise<FoundAction | undefined>
}

export const openLibrary = (
  state: JobState,
  repositories: Repositories,
  excluded: readonly string[],
): ActionLibrary => {
  const copies = new Map<string, Promise<string>>()
  /** Away from the checkout: a bundle that lacks a module must not find it in some node_modules there. */
  const unpack = (source: Source): Promise<string> => {
    const target = join(state.places.actions, source.repository, source.ref.replaceAll(/[^\w.-]/g, '_'))
    const copy = copies.get(target) ?? copyCheckout(source.root, target, excluded).then(() => target)
    copies.set(target, copy)
    return copy
  }
  return {
    async find(step, uses, around) {
      try {
        if (uses.kind === 'workspace') {
          const directory = join(state.places.workspace, uses.path)
          const action = await readActionFile(directory)
          return (
            action && {
              action,
              file: sourceAt(state, directory) ?? repositories.own,
              github: { action: idOf(step), action_path: directory, ...noRepository },
            }
          )
        }
        const source = uses.kind === 'self' ? around.file : await repositories.find(uses.repository, uses.ref)
        if (!source) return undefined
        // A stand-in is this runner's own code and runs where it lies, beside what it shares with it.
        const directory = join(isStandIn(source) ? source.root : await unpack(source), uses.path)
        const action = await readActionFile(directory)
        const ref = uses.kind === 'self' ? source.sha : uses.ref
        return (
          action && {
            action,
            file: source,
            github: {
              action: `__${step.id}`,
              action_path: directory,
              action_repository: source.repository,
              action_ref: ref,
            },
          }
        )
      } catch (error) {
        if (error instanceof ActionFileError) throw new StepError(`uses: ${step.uses}: ${error.message}`)
        throw error
      }
    },
  }
}

/** An action of the workspace has none, not even inside a composite that has one. */
const noRepository = { action_repository: undefined, action_ref: undefined }

export const idOf = (step: WorkflowStep): string => (step.hasOwnId ? step.id : `__${step.id}`)

/** The checkout whose directory holds this one; the innermost wins. */
const sourceAt = (state: JobState, directory: string): Source | undefined =>
  state.checkouts
    .filter((checkout) => directory === checkout.directory || directory.startsWith(checkout.directory + sep))
    .sort((a, b) => b.directory.length - a.directory.length)[0]?.source
