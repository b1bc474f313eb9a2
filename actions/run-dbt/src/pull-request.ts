/**
 * The datasets of one pull request: their names, and the labels that prove whose they are. It refuses to let a
 * pull request build into any other dataset, and to drop one without that proof.
 */
import { RefusedError } from '../../_shared/errors.ts'
import type { Dataset, Labels } from '../../_shared/google/bigquery-datasets.ts'

export const datasetOf = (dataset: string, pullRequest: number): string => `${dataset}_pr_${pullRequest}`

/** Custom schemas of models follow behind an underscore, as dbt's own generate_schema_name makes them. */
export const isOfPullRequest = (datasetId: string, base: string): boolean =>
  datasetId === base || datasetId.startsWith(`${base}_`)

export const carriesAll = (labels: Labels, proof: Labels): boolean =>
  Object.entries(proof).every(([name, value]) => labels[name] === value)

/** @param repository its id, or its name where the runner tells no id. */
export function labelsOf(repository: string, pullRequest: number): Labels {
  return {
    'managed-by': 'run-dbt',
    repository: repository
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '_')
      .slice(0, 63),
    'pull-request': String(pullRequest),
  }
}

export interface Placed {
  readonly name: string
  readonly projectId: string
  readonly datasetId: string
  /** Datasets on whose access list dbt puts it. */
  readonly grants?: readonly { readonly project?: string; readonly dataset?: string }[]
}

/** @returns the datasets to make. @throws RefusedError for a node that would be built anywhere else. */
export function datasetsToCreate(
  placed: readonly Placed[],
  base: string,
  projectId: string,
  existing: readonly Dataset[],
  proof: Labels,
): string[] {
  const stray = placed.find((node) => node.projectId !== projectId || !isOfPullRequest(node.datasetId, base))
  if (stray !== undefined)
    throw new RefusedError(
      `Planning the pull request's datasets: ${stray.name} would be built in ${stray.projectId}.${stray.datasetId}, outside ${projectId}.${base}; let its schema begin with target.schema, leave it out with --exclude, or leave schema-per-pull-request out.`,
      { what: `${stray.projectId}.${stray.datasetId}`, problem: 'dbt-foreign-dataset' },
    )
  for (const { name, grants = [] } of placed) {
    const grant = grants.find(
      (to) => (to.project ?? projectId) !== projectId || !isOfPullRequest(to.dataset ?? '', base),
    )
    if (grant === undefined) continue
    const where = `${grant.project ?? projectId}.${grant.dataset ?? ''}`
    throw new RefusedError(
      `Planning the pull request's datasets: grant_access_to of ${name} would put it on the access list of ${where}, where it would stay; let it be [] unless target.schema is production's, or leave the model out with --exclude.`,
      { what: where, problem: 'dbt-foreign-dataset' },
    )
  }
  const wanted = [...new Set([base, ...placed.map(({ datasetId }) => datasetId)])].sort()
  const foreign = existing.find(
    (dataset) => wanted.includes(dataset.datasetId) && !carriesAll(dataset.labels, proof),
  )
  if (foreign !== undefined)
    throw new RefusedError(
      `Planning the pull request's datasets: ${projectId}.${foreign.datasetId} is there and does not carry the labels of this pull request, so it is somebody else's; give another dataset, or rename that one.`,
      { what: `${projectId}.${foreign.datasetId}`, problem: 'dbt-foreign-dataset' },
    )
  return wanted.filter((name) => !existing.some(({ datasetId }) => datasetId === name))
}

/** Which datasets of a closed pull request are dropped, and which only look like it. */
export function datasetsToDrop(
  existing: readonly Dataset[],
  base: string,
  proof: Labels,
): { readonly ours: string[]; readonly left: string[] } {
  const named = existing.filter(({ datasetId }) => isOfPullRequest(datasetId, base))
  const isOurs = (dataset: Dataset): boolean => carriesAll(dataset.labels, proof)
  return {
    ours: named.filter(isOurs).map(({ datasetId }) => datasetId),
    left: named.filter((dataset) => !isOurs(dataset)).map(({ datasetId }) => datasetId),
  }
}
