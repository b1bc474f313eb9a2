/** Writes the keyless profile; it refuses keys, and no value can break out of its quotes. */
import type { Inputs } from './inputs.ts'

/** The project, and BigQuery's endpoint where it is overridden. */
export interface Warehouse {
  readonly projectId: string
  readonly endpoint?: string
}

/** JSON is YAML. Scopes leave out Drive, which dbt asks for by default. */
export function renderProfiles(inputs: Inputs, profileName: string, warehouse: Warehouse): string {
  const output = {
    type: 'bigquery',
    method: 'oauth',
    project: warehouse.projectId,
    dataset: inputs.dataset,
    location: inputs.location,
    threads: inputs.threads,
    priority: 'interactive',
    job_retries: 1,
    scopes: ['https://www.googleapis.com/auth/bigquery', 'https://www.googleapis.com/auth/cloud-platform'],
    ...(inputs.maximumBytesBilled === undefined ? {} : { maximum_bytes_billed: inputs.maximumBytesBilled }),
    ...(warehouse.endpoint === undefined ? {} : { api_endpoint: warehouse.endpoint }),
  }
  return JSON.stringify(
    { [profileName]: { target: inputs.target, outputs: { [inputs.target]: output } } },
    null,
    2,
  )
}
