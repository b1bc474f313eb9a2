/** Writes the keyless profile; it refuses keys, and no value can break out of its quotes. */
import type { Inputs } from './inputs.ts'
import { pythonProfile, whyNoPython } from './python-models.ts'
import type { JobPlace } from './stop.ts'

/** The project, and where BigQuery is when that is overridden. */
export interface Warehouse {
  readonly projectId: string
  readonly endpoints: { readonly overrides: readonly { readonly api: string; readonly root: string }[] }
}

/** Where the queries' jobs are found, and who pays for them. */
export const jobPlace = (
  { location, warehouse: { executionProject } }: Pick<Inputs, 'location' | 'warehouse'>,
  { projectId }: Pick<Warehouse, 'projectId'>,
): JobPlace => ({ projectId: executionProject === '' ? projectId : executionProject, location })

/** JSON is YAML. Scopes leave out Drive, which dbt asks for by default. */
export function renderProfiles(
  inputs: Pick<Inputs, 'location' | 'threads' | 'target' | 'warehouse' | 'impersonate' | 'python'>,
  dataset: string,
  profileName: string,
  warehouse: Warehouse,
  labels: Readonly<Record<string, string>> = {},
): string {
  const { maximumBytesBilled, jobTimeoutSeconds, priority, executionProject } = inputs.warehouse
  const { impersonate } = inputs
  const endpoint = warehouse.endpoints.overrides.find(({ api }) => api === 'bigquery')?.root
  const output = {
    type: 'bigquery',
    method: 'oauth',
    project: warehouse.projectId,
    dataset,
    location: inputs.location,
    threads: inputs.threads,
    priority,
    job_retries: 1,
    scopes: ['https://www.googleapis.com/auth/bigquery', 'https://www.googleapis.com/auth/cloud-platform'],
    ...(maximumBytesBilled === undefined ? {} : { maximum_bytes_billed: maximumBytesBilled }),
    ...(jobTimeoutSeconds === undefined ? {} : { job_execution_timeout_seconds: jobTimeoutSeconds }),
    ...(executionProject === '' ? {} : { execution_project: executionProject }),
    ...(impersonate === '' ? {} : { impersonate_service_account: impersonate }),
    ...(endpoint === undefined ? {} : { api_endpoint: endpoint }),
    // Without them dbt stops at a Python model before it asks anybody.
    ...(inputs.python === undefined || whyNoPython(inputs.python, warehouse) !== undefined
      ? {}
      : pythonProfile(inputs.python, jobTimeoutSeconds, labels)),
  }
  return JSON.stringify(
    { [profileName]: { target: inputs.target, outputs: { [inputs.target]: output } } },
    null,
    2,
  )
}
