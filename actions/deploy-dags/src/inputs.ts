/**
 * What the author of the workflow asks of `deploy-dags`. It refuses names that could leave the environment or
 * the source folder.
 */
import { InputError, wrongValue } from '../../_shared/errors.ts'
import { parseMaxDeletePercent } from '../../_shared/mass-delete.ts'
import { checkOwner, parseExpectedPlan, parseOwner } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'
import { RECORD_ID } from './records.ts'

const FOLDERS = ['dags', 'plugins', 'data'] as const
type Folder = (typeof FOLDERS)[number]

export interface DeployInputs {
  readonly environment: string
  readonly location: string
  readonly projectId: string | undefined
  /** The folder of the bucket. */
  readonly folder: Folder
  readonly source: string
  readonly owner: string
  /** Not the repository's name for want of one. */
  readonly isOwnerGiven: boolean
  /** Names this owner had before. */
  readonly ownersBefore: readonly string[]
  readonly isAdoptionAllowed: boolean
  readonly ignoreFile: string
  readonly deletion: 'owned' | 'none'
  /** Of the files this owner deployed, in per cent. */
  readonly maxDeletePercent: number
  readonly run: { readonly runId: string; readonly sha: string }
  /** Deploying what is older than what is there. */
  readonly isOlderAllowed: boolean
  /** A record's id, `previous`, or '' to deploy the source. */
  readonly rollbackTo: string
  readonly isRolledBackOnImportError: boolean
  /** How many records are kept; with 0 none is written or read. */
  readonly recordsKept: number
  readonly isDryRun: boolean
  readonly expectedPlan: string
  readonly areImportsChecked: boolean
  /** Here, before the upload. */
  readonly isImportedFirst: boolean
  /** A program on PATH, or its path. */
  readonly python: string
  readonly syncWaitMs: number
  readonly timeoutMs: number
  readonly allowedHosts: readonly string[]
}

export function parseInputs(
  inputs: Inputs,
  context: Pick<RunContext, 'repository' | 'runId' | 'sha'>,
): DeployInputs {
  const environment = matching(
    inputs.required('environment'),
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'environment',
    'the name of a Composer environment (lower-case letters, digits, hyphens)',
  )
  const location = matching(
    inputs.required('location'),
    /^[a-z]+-[a-z]+\d+$/,
    'location',
    'a region such as us-central1',
  )
  const projectId = inputs.text('project-id') || undefined
  const owner = parseOwner(inputs, context)
  const ignoreFile = matching(
    inputs.text('ignore-file', '.gcloudignore'),
    /^[^/\\\r\n]{1,200}$/,
    'ignore-file',
    'the name of a file in the source folder',
  )
  const folder = inputs.choice('folder', FOLDERS, 'dags')
  const rollbackTo = matching(
    inputs.text('rollback-to'),
    new RegExp(`^$|^previous$|${RECORD_ID.source}`),
    'rollback-to',
    'previous or the id of a record, such as 000012-4711-1',
  )
  const recordsKept = inputs.integer('keep-records', { min: 0, max: 100, fallback: 10 })
  const isRolledBackOnImportError = inputs.boolean('rollback-on-import-error', false)
  if (recordsKept === 0 && (rollbackTo !== '' || isRolledBackOnImportError))
    throw new InputError(
      `Reading input keep-records: with 0 nothing is kept that ${rollbackTo === '' ? 'rollback-on-import-error' : 'rollback-to'} could go back to; give another number or leave it out.`,
      { input: 'keep-records', given: '0', accepted: 'a number from 1 to 100' },
    )
  const isImportedFirst = inputs.boolean('check-imports-first', false)
  if (isImportedFirst && folder !== 'dags')
    throw new InputError(
      `Reading input check-imports-first: Airflow imports the folder dags, not ${folder}; leave it out here.`,
      { input: 'check-imports-first', given: 'true', accepted: 'false, or folder: dags' },
    )
  const python = matching(
    inputs.text('python', 'python3'),
    /^[^"\r\n\0-]/,
    'python',
    'the name or path of a Python program',
  )
  return {
    environment,
    location,
    projectId,
    owner,
    isOwnerGiven: inputs.text('owner') !== '',
    ownersBefore: inputs.lines('owner-was').map((name) => checkOwner(name, 'owner-was')),
    ignoreFile,
    folder,
    source: inputs.text('source') || folder,
    isAdoptionAllowed: inputs.boolean('adopt', false),
    deletion: inputs.choice('delete', ['owned', 'none'], 'owned'),
    maxDeletePercent: parseMaxDeletePercent(inputs),
    run: { runId: context.runId, sha: context.sha },
    isOlderAllowed: inputs.boolean('allow-older', false),
    rollbackTo,
    isRolledBackOnImportError,
    recordsKept,
    isDryRun: inputs.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(inputs),
    // Airflow tells import errors of DAG files only.
    areImportsChecked: inputs.boolean('check-imports', true) && folder === 'dags',
    isImportedFirst: isImportedFirst && rollbackTo === '',
    python,
    syncWaitMs: inputs.integer('sync-wait-seconds', { min: 0, max: 3600, fallback: 300 }) * 1000,
    timeoutMs: inputs.integer('timeout-minutes', { min: 1, max: 360, fallback: 10 }) * 60_000,
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
  }
}

function matching(value: string, pattern: RegExp, input: string, accepted: string): string {
  if (!pattern.test(value)) throw wrongValue(input, value, accepted)
  return value
}
