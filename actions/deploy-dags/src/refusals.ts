/**
 * Why a deployment is not carried out, each with the way out. It refuses nothing itself: the plan decides what
 * applies.
 */
import { few } from '../../_shared/amounts.ts'
import { RefusedError } from '../../_shared/errors.ts'
import { refuseMassDelete } from '../../_shared/mass-delete.ts'
import type { ConflictStep } from './compare.ts'

export const IMPORTS_HINT =
  'Nothing was changed. Correct the files; what they import must be installed for the Python of the input python.'

export function refuseEmptySource(source: string, deployed: number): RefusedError {
  return new RefusedError(
    `Planning the deployment: the source ${source} holds no file to deploy${deployed > 0 ? `, and ${count(deployed, 'deployed file')} would be deleted` : ''}.`,
    {
      what: 'an empty source',
      problem: 'empty-source',
      hint: 'Check the input source and the ignore file. An environment is never emptied this way.',
    },
  )
}

export const refuseManyDeletions = (
  deletions: readonly { readonly target: string }[],
  owned: number,
  maxPercent: number,
): RefusedError | undefined =>
  refuseMassDelete(
    deletions.map(({ target }) => target),
    owned,
    maxPercent,
    {
      doing: 'Planning the deployment',
      noun: 'deployed file',
      check: 'Check the input source and the ignore file.',
    },
  )

/**
 * Two folders under one name would each take the other's files for what is gone. One that moved is not here any
 * more, and whoever gives the owner has said whose they are.
 */
export function refuseOtherSource(
  { owner, isOwnerGiven }: { readonly owner: string; readonly isOwnerGiven: boolean },
  deletions: readonly { readonly target: string }[],
  others: readonly string[] = [],
): RefusedError | undefined {
  const [other] = others
  if (isOwnerGiven || other === undefined || deletions.length === 0) return undefined
  return new RefusedError(
    `Planning the deployment: ${count(deletions.length, 'file')} would be deleted as gone from the source (${few(deletions.map(({ target }) => target))}), and ${owner} also deployed the folder ${other} to there.`,
    {
      what: 'the files of another source folder',
      allowedBy: 'owner',
      problem: 'foreign-files',
      hint: `Give each folder an owner of its own, such as ${owner}/${other}. If this folder replaces that one, set owner: ${owner}.`,
    },
  )
}

export function refuseOlder(why: string | undefined): RefusedError | undefined {
  if (why === undefined) return undefined
  return new RefusedError(`Planning the deployment: this commit is older than what is deployed: ${why}.`, {
    what: 'an older commit',
    allowedBy: 'allow-older',
    problem: 'older-commit',
    hint: 'Run the workflow for the newest commit. To go back, use rollback-to; to deploy this commit all the same, set allow-older: true.',
  })
}

export function refuseImports(
  first: { readonly version: string; readonly errors: readonly { readonly file: string }[] } | undefined,
): RefusedError | undefined {
  if (first === undefined || first.errors.length === 0) return undefined
  return new RefusedError(
    `Planning the deployment: Airflow ${first.version} cannot import ${few(first.errors.map(({ file }) => file))} here.`,
    {
      what: 'files that do not import',
      allowedBy: 'check-imports-first',
      problem: 'dag-import',
      hint: IMPORTS_HINT,
    },
  )
}

export function refuseRollback(what: string, hint: string): RefusedError {
  return new RefusedError(`Planning the rollback: ${what}.`, { what, problem: 'no-rollback', hint })
}

export function refuseConflicts(conflicts: readonly ConflictStep[], owner: string): RefusedError | undefined {
  const foreign = conflicts.filter(({ isForeign }) => isForeign)
  const names = foreign.map(({ target, reason }) => `${target} (${reason.replace('belongs to ', '')})`)
  if (foreign.length > 0)
    return new RefusedError(
      `Planning the deployment: ${count(foreign.length, 'file')} of this source belong${foreign.length === 1 ? 's' : ''} to another owner there: ${few(names)}.`,
      {
        what: 'foreign ownership',
        allowedBy: 'owner',
        problem: 'foreign-files',
        hint: `Rename the files, or deploy as that owner with the input owner (this run's is ${owner}). If that is a name this owner had before, set owner-was.`,
      },
    )
  if (conflicts.length > 0)
    return new RefusedError(
      `Planning the deployment: ${count(conflicts.length, 'file')} would be replaced that no deployment recorded: ${few(conflicts.map(({ target }) => target))}.`,
      {
        what: 'replacing unowned files',
        allowedBy: 'adopt',
        problem: 'unrecorded-files',
        hint: 'Somebody else may have put them there. If they are yours, set adopt: true once.',
      },
    )
  return undefined
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
