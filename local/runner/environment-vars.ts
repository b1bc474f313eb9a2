/**
 * The variables that a GitHub environment of this project holds, made from environment.yaml; it refuses
 * nothing: the file's schema already did.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { subnetworkOf } from '../cloud/subnetwork.ts'
import type { RepositoryIdentity } from './run-options.ts'

interface EnvironmentYaml {
  readonly project: string
  readonly projectNumber: string
  readonly region: string
  readonly network?: { readonly subnetwork: string }
  readonly buckets: Readonly<Record<'raw' | 'lake' | 'staging' | 'dags' | 'state', string>>
  readonly images: { readonly repository: string }
  readonly composer: { readonly name: string }
  readonly pipeline?: { readonly sessionMaxHours: number; readonly sessionGapMinutes?: number }
  readonly serviceAccounts: Readonly<Record<string, string>>
  readonly workloadIdentity: { readonly pool: string; readonly provider: string }
  readonly github: RepositoryIdentity & { readonly environment: string }
}

export interface GithubEnvironment {
  readonly name: string
  readonly vars: Record<string, string>
  readonly identity: RepositoryIdentity
}

/**
 * One sentence when a job names an environment nobody defined: GitHub would make an empty one, where every
 * variable is empty.
 */
export const unknownEnvironment = (name: string, known: readonly string[] | undefined): string | undefined =>
  known === undefined || known.includes(name)
    ? undefined
    : `environment '${name}' is not known; write one of ${known.join(', ')}, or name a file of your own with --environment (its github.environment)`

/**
 * What an environment also says when its cloud is the local one, whose Airflow sees a new DAG file at once.
 */
export const localVars: Readonly<Record<string, string>> = { DAG_SYNC_WAIT_SECONDS: '0' }

/** Every environment of the repository by its GitHub name. */
export const readGithubEnvironments = async (
  repositoryRoot: string,
): Promise<Record<string, GithubEnvironment>> => {
  const directory = join(repositoryRoot, 'terraform-infra/environments')
  const found: Record<string, GithubEnvironment> = {}
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const file = join('terraform-infra/environments', entry.name, 'environment.yaml')
    const isThere =
      entry.isDirectory() && (await stat(join(repositoryRoot, file)).catch(() => undefined))?.isFile()
    if (!isThere) continue
    const environment = await readGithubEnvironment(repositoryRoot, file)
    found[environment.name] = environment
  }
  return found
}

/** A person's own file, which the cloud has checked by then. */
export const readEnvironmentFile = async (file: string): Promise<Record<string, GithubEnvironment>> => {
  const environment = await readGithubEnvironment(dirname(file), basename(file))
  return { [environment.name]: environment }
}

export const readGithubEnvironment = async (
  repositoryRoot: string,
  file = 'terraform-infra/environments/dev/environment.yaml',
): Promise<GithubEnvironment> => {
  const environment = parse(await readFile(join(repositoryRoot, file), 'utf8')) as EnvironmentYaml
  const { github, buckets, serviceAccounts, workloadIdentity } = environment
  const subnetwork = subnetworkOf(environment)
  const account = (name: string): string => serviceAccounts[name] ?? ''
  return {
    name: github.environment,
    identity: {
      repository: github.repository,
      repositoryId: github.repositoryId,
      repositoryOwnerId: github.repositoryOwnerId,
    },
    vars: {
      PROJECT_ID: environment.project,
      REGION: environment.region,
      // Absent, and therefore empty in a workflow: the network `default`.
      ...(subnetwork === undefined ? {} : { SUBNETWORK: subnetwork }),
      ...(environment.pipeline === undefined
        ? {}
        : { SESSION_MAX_HOURS: String(environment.pipeline.sessionMaxHours) }),
      ...(environment.pipeline?.sessionGapMinutes === undefined
        ? {}
        : { SESSION_GAP_MINUTES: String(environment.pipeline.sessionGapMinutes) }),
      COMPOSER_ENVIRONMENT: environment.composer.name,
      RAW_BUCKET: buckets.raw,
      LAKE_BUCKET: buckets.lake,
      STAGING_BUCKET: buckets.staging,
      DAGS_BUCKET: buckets.dags,
      STATE_BUCKET: buckets.state,
      IMAGE_REPOSITORY: `${environment.region}-docker.pkg.dev/${environment.project}/${environment.images.repository}`,
      WORKLOAD_IDENTITY_PROVIDER: `projects/${environment.projectNumber}/locations/global/workloadIdentityPools/${workloadIdentity.pool}/providers/${workloadIdentity.provider}`,
      DEPLOY_SERVICE_ACCOUNT: account('ci-deploy'),
      PLAN_SERVICE_ACCOUNT: account('ci-plan'),
      TEST_SERVICE_ACCOUNT: account('ci-test'),
      INFRA_SERVICE_ACCOUNT: `caec-infra@${environment.project}.iam.gserviceaccount.com`,
      DBT_SERVICE_ACCOUNT: account('dbt'),
      SPARK_SERVICE_ACCOUNT: account('spark'),
      ERASER_SERVICE_ACCOUNT: account('eraser'),
    },
  }
}
