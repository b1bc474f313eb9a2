/**
 * What the author of the workflow asks of `deploy-dags`. It refuses names that could leave the environment or
 * the source folder.
 */
import { wrongValue } from '../../_shared/errors.ts'
import { checkOwner, parseExpectedPlan, parseOwner } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'

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
  /** Names this owner had before. */
  readonly ownersBefore: readonly string[]
  readonly isAdoptionAllowed: boolean
  readonly ignoreFile: string
  readonly deletion: 'owned' | 'none'
  /** Of the files this owner deployed, in per cent. */
  readonly maxDeletePercent: number
  readonly isDryRun: boolean
  readonly expectedPlan: string
  readonly areImportsChecked: boolean
  readonly syncWaitMs: number
  readonly timeoutMs: number
  readonly allowedHosts: readonly string[]
}

export function parseInputs(inputs: Inputs, context: Pick<RunContext, 'repository'>): DeployInputs {
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
  return {
    environment,
    location,
    projectId,
    owner,
    ownersBefore: inputs.lines('owner-was').map((name) => checkOwner(name, 'owner-was')),
    ignoreFile,
    folder,
    source: inputs.text('source') || folder,
    isAdoptionAllowed: inputs.boolean('adopt', false),
    deletion: inputs.choice('delete', ['owned', 'none'], 'owned'),
    maxDeletePercent: inputs.integer('max-delete-percent', { min: 0, max: 100, fallback: 30 }),
    isDryRun: inputs.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(inputs),
    // Airflow tells import errors of DAG files only.
    areImportsChecked: inputs.boolean('check-imports', true) && folder === 'dags',
    syncWaitMs: inputs.integer('sync-wait-seconds', { min: 0, max: 3600, fallback: 300 }) * 1000,
    timeoutMs: inputs.integer('timeout-minutes', { min: 1, max: 360, fallback: 10 }) * 60_000,
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
  }
}

function matching(value: string, pattern: RegExp, input: string, accepted: string): string {
  if (!pattern.test(value)) throw wrongValue(input, value, accepted)
  return value
}
