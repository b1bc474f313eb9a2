/**
 * The environment variables of every Airflow process of this cloud, as Composer sets them; nothing of the
 * caller's own environment is in it.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../kernel.ts'
import { subnetworkOf } from '../subnetwork.ts'

export interface AirflowPlace {
  readonly environment: Environment
  /** Home, temporary files and Airflow's own files lie in it. */
  readonly folder: string
  readonly dags: string
  readonly database: string
  readonly python: string
  /** `127.0.0.1:PORT` of the metadata server that speaks for the environment's account. */
  readonly metadataHost: string
}

const SITE = fileURLToPath(new URL('./airflow_site', import.meta.url))

export function airflowEnvironment({
  environment,
  folder,
  dags,
  database,
  python,
  metadataHost,
}: AirflowPlace): Record<string, string> {
  return {
    PATH: [dirname(python), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    COLUMNS: '200',
    AIRFLOW_HOME: join(folder, 'airflow'),
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${database}`,
    // The names Composer gives to DAG code.
    COMPOSER_ENVIRONMENT: environment.composer.name,
    COMPOSER_LOCATION: environment.region,
    GCP_PROJECT: environment.project,
    GOOGLE_CLOUD_PROJECT: environment.project,
    GCS_BUCKET: environment.buckets.dags,
    DAGS_FOLDER: dags,
    PYTHONUNBUFFERED: '1',
    GCE_METADATA_HOST: metadataHost,
    GCE_METADATA_ROOT: metadataHost,
    GCE_METADATA_IP: metadataHost,
  }
}

export interface DbtPlace {
  readonly dbt: string
  readonly projectFolder: string
}

/**
 * What tasks need beyond an import: where this cloud is, the variables and the connection an environment has.
 */
export function taskEnvironment(
  environment: Environment,
  origin: string,
  dbt: DbtPlace,
): Record<string, string> {
  const subnetwork = subnetworkOf(environment)
  return {
    PYTHONPATH: SITE,
    LOCAL_CLOUD_ORIGIN: origin,
    API_ENDPOINT_OVERRIDE: origin,
    BIGQUERY_EMULATOR_HOST: origin,
    AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT: JSON.stringify({
      conn_type: 'google_cloud_platform',
      extra: { project: environment.project },
    }),
    AIRFLOW_VAR_CAEC_PROJECT: environment.project,
    AIRFLOW_VAR_CAEC_REGION: environment.region,
    ...(subnetwork === undefined ? {} : { AIRFLOW_VAR_CAEC_SUBNETWORK: subnetwork }),
    AIRFLOW_VAR_CAEC_DBT: dbt.dbt,
    AIRFLOW_VAR_CAEC_DBT_DIR: dbt.projectFolder,
    // google-auth asks Google in the background where the account may be used; nothing leaves this machine.
    HTTPS_PROXY: origin,
    NO_PROXY: '127.0.0.1',
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
  }
}
