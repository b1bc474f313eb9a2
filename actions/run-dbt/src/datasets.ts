/** Makes and drops the datasets of a pull request; it refuses to drop what does not carry its labels any more. */
import { isRightMissing } from '../../_shared/errors.ts'
import { createDataset, dropDataset, getDescription } from '../../_shared/google/bigquery-datasets.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'

const DAY_MS = 86_400_000

/** The key production is encrypted with, if it is one's own; not being allowed to see it is no failure. */
export async function keyOfProduction(
  { dataset }: Pick<Inputs, 'dataset'>,
  google: Google,
): Promise<string | undefined> {
  const production = await getDescription(google, google.projectId, dataset).catch((error: unknown) => {
    if (isRightMissing(error)) return undefined
    throw error
  })
  return production?.defaultEncryptionConfiguration?.kmsKeyName
}

export async function create(
  datasetId: string,
  inputs: Pick<Inputs, 'location' | 'pullRequest'>,
  observed: Pick<Observed, 'pullRequest'>,
  google: Google,
  kmsKeyName: string | undefined,
): Promise<void> {
  const { proof = {}, number = 0 } = observed.pullRequest ?? {}
  await createDataset(google, datasetId, {
    labels: { ...proof },
    location: inputs.location,
    ...(kmsKeyName === undefined ? {} : { defaultEncryptionConfiguration: { kmsKeyName } }),
    // Tables in it vanish by themselves.
    defaultTableExpirationMs: String(inputs.pullRequest.expiryDays * DAY_MS),
    description: `Built by pull request ${number}; dropped when it is closed, empty after ${inputs.pullRequest.expiryDays} days.`,
  })
}

export async function drop(datasetId: string, observed: Observed, google: Google): Promise<string> {
  const fate = await dropDataset(
    google,
    google.projectId,
    datasetId,
    observed.pullRequest?.proof ?? { none: '' },
  )
  return `Dataset ${datasetId}: ${fate === 'dropped' ? 'dropped' : fate === 'gone' ? 'was gone already' : 'left: it does not carry the labels any more'}.`
}
