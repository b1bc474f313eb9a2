/** The variables that tell gcloud, the actions and Google's clients where each API is; it refuses to know who is told. */

/** gcloud's convention; the service's own path ends the value where gcloud expects it. */
export const endpointOverrides = (origin: string): Record<string, string> => ({
  CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: `${origin}/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${origin}/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${origin}/storage/v1/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: `${origin}/bigquery/v2/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: `${origin}/`,
  CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPOSER: `${origin}/`,
  // What google-github-actions/auth reads instead; its values end with the version.
  GHA_ENDPOINT_OVERRIDE_sts: `${origin}/v1`,
  GHA_ENDPOINT_OVERRIDE_iamcredentials: `${origin}/v1`,
})

/** Those, and what clients read that know no gcloud; all of them keep credentials with theirs. */
export const clientVariables = (origin: string): Record<string, string> => ({
  ...endpointOverrides(origin),
  // Python's Storage client; STORAGE_EMULATOR_HOST would drop its credentials.
  API_ENDPOINT_OVERRIDE: origin,
  // BigQuery clients, Python and Node.
  BIGQUERY_EMULATOR_HOST: origin,
  // Nobody looks for a metadata server of the real cloud.
  NO_GCE_CHECK: 'true',
  METADATA_SERVER_DETECTION: 'none',
})
