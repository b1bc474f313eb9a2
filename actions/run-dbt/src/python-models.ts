/**
 * Where Python models run: as Dataproc batches of one region, under an account of their own. It refuses half a place,
 * and to hand one to dbt where dbt would go elsewhere.
 */
import { InputError, quotedValue } from '../../_shared/errors.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

export interface PythonPlace {
  readonly region: string
  readonly bucket: string
  readonly serviceAccount: string
}

const FORMS = {
  'dataproc-region': /^[a-z]+-[a-z]+\d+$/,
  'dataproc-bucket': /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/,
  'dataproc-service-account': /^[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com$/,
} as const
type Name = keyof typeof FORMS

export function readPythonPlace(raw: RawInputs): PythonPlace | undefined {
  const names = Object.keys(FORMS) as Name[]
  const missing = names.filter((name) => raw.text(name) === '')
  if (missing.length === names.length) return undefined
  for (const name of names) {
    const given = raw.text(name)
    if (!FORMS[name].test(given))
      throw new InputError(
        `Reading input ${name}: ${given === '' ? 'it is empty, though others of Python models are given' : `${quotedValue(given)} is none`}.`,
        {
          input: name,
          given,
          accepted:
            'a region such as us-central1, the name of a bucket, an account NAME@PROJECT.iam.gserviceaccount.com',
          hint: `${names.join(', ')} are given together: where Python models run, where their code is put, and as whom they run.`,
        },
      )
  }
  return {
    region: raw.text('dataproc-region'),
    bucket: raw.text('dataproc-bucket'),
    serviceAccount: raw.text('dataproc-service-account'),
  }
}

/** Why none can run; undefined when they can. dbt's adapter knows no other endpoint of Dataproc than Google's. */
export function whyNoPython(
  place: PythonPlace | undefined,
  { endpoints }: { readonly endpoints: { readonly overrides: readonly { readonly api: string }[] } },
): string | undefined {
  if (place === undefined)
    return 'dataproc-region, dataproc-bucket and dataproc-service-account do not say where Python models run'
  return endpoints.overrides.some(({ api }) => api === 'dataproc')
    ? "the endpoint of Dataproc is overridden, and dbt's adapter goes to Google's own all the same"
    : undefined
}

export interface PythonModel {
  readonly name: string
  /** It asks for a notebook of Vertex AI, for which the lock that ships with the action has no client. */
  readonly isBigFrames: boolean
}
export const NO_BIGFRAMES =
  'submission_method bigframes needs google-cloud-aiplatform, which the installed dbt has not; give a lock that holds it as input requirements'

/** Python's own words for a client that is not installed. */
export const lacksBigFrames = (told: string): boolean =>
  /No module named 'google\.cloud\.aiplatform|cannot import name 'aiplatform/.test(told)

/** Shortest time to live that Dataproc takes, in seconds. */
const LEAST_TTL = 600

/** The members of the profile. */
export function pythonProfile(
  place: PythonPlace,
  jobTimeoutSeconds: number | undefined,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return {
    submission_method: 'serverless',
    dataproc_region: place.region,
    gcs_bucket: place.bucket,
    dataproc_batch: {
      labels,
      environment_config: {
        execution_config: {
          service_account: place.serviceAccount,
          staging_bucket: place.bucket,
          ...(jobTimeoutSeconds === undefined ? {} : { ttl: `${Math.max(LEAST_TTL, jobTimeoutSeconds)}s` }),
        },
      },
    },
  }
}
