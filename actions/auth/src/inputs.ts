/**
 * What the author of the workflow asks of `auth`, under our names or those of google-github-actions/auth. It
 * refuses keys, and providers and accounts that are not spelled as Google spells them.
 */
import { InputError, RefusedError, wrongValue } from '../../_shared/errors.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'

export interface AuthInputs {
  readonly provider: string
  readonly serviceAccount: string | undefined
  readonly projectId: string | undefined
  readonly audience: string
  readonly isFileWanted: boolean
  readonly areVariablesWanted: boolean
  readonly tokenFormat: '' | 'access_token' | 'id_token'
  readonly lifetimeSeconds: number
  readonly scopes: readonly string[]
  /** The user of the Workspace domain whom the access token acts for. */
  readonly subject: string | undefined
  readonly idTokenAudience: string
  readonly isEmailIncluded: boolean
  /** E-mail addresses or unique ids, in the order of the chain. */
  readonly delegates: readonly string[]
  readonly requestReason: string | undefined
  /** Lower-case letters, digits and hyphens; '' for the job's default identity. */
  readonly name: string
  readonly isExistingTaken: boolean
  readonly allowedProjects: readonly string[]
  /** The provider's condition, to explain a refusal only. */
  readonly condition: string
  readonly universeDomain: string
  readonly allowedHosts: readonly string[]
  readonly isCleanupWanted: boolean
  /** For the whole step. */
  readonly timeoutMs: number
}

const POOL = /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}/
const PROVIDER = new RegExp(`${POOL.source}/providers/[a-z0-9-]{4,32}$`)
const SERVICE_ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9._-]*@[a-z0-9.:-]+\.gserviceaccount\.com$/
/** What an account keeps when its name is given to another one; IAM takes it in the place of the address. */
const UNIQUE_ID = /^\d{15,30}$/
const PROJECT = /^([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'

export function parseInputs(inputs: Inputs): AuthInputs {
  refuseKey(inputs)
  const named = (name: string, fallback = '', alias = name.replaceAll('-', '_')) =>
    chosenName(inputs, name, alias, fallback)
  const providerInput = named('workload-identity-provider')
  const provider = inputs.required(providerInput).replace(/^(https:)?\/\/iam\.googleapis\.com\//, '')
  if (!PROVIDER.test(provider)) refuseProvider(providerInput, provider)
  const accountInput = named('service-account')
  const serviceAccount = inputs.text(accountInput) || undefined
  if (serviceAccount !== undefined) checkAccount(accountInput, serviceAccount)
  const projectInput = named('project-id')
  const projectId = inputs.text(projectInput) || undefined
  if (projectId !== undefined && !PROJECT.test(projectId))
    throw wrongValue(
      projectInput,
      projectId,
      'a project id (6 to 30 lower-case letters, digits and hyphens; not the number, not the display name)',
    )
  const tokenFormat = inputs.choice(named('token-format'), ['', 'access_token', 'id_token'], '')
  if (tokenFormat !== '' && serviceAccount === undefined)
    needs(`token-format ${tokenFormat}`, 'service-account', 'only a service account has such tokens')
  const idTokenAudience = inputs.text(named('id-token-audience'))
  if (tokenFormat === 'id_token' && idTokenAudience === '')
    needs('token-format id_token', 'id-token-audience', 'an ID token is made for one audience')
  const delegatesInput = named('delegates')
  const delegates = inputs
    .list(delegatesInput)
    .map((entry) => entry.replace(/^projects\/-\/serviceAccounts\//, ''))
  for (const delegate of delegates) checkAccount(delegatesInput, delegate)
  if (delegates.length > 0 && serviceAccount === undefined)
    needs('delegates', 'service-account', 'the chain ends at a service account')
  const subject = inputs.text(named('access-token-subject')) || undefined
  if (subject !== undefined && tokenFormat !== 'access_token')
    needs('access-token-subject', 'token-format', 'it is the subject of the access token that is put out')
  if (subject !== undefined && UNIQUE_ID.test(serviceAccount ?? ''))
    throw wrongValue(
      accountInput,
      serviceAccount ?? '',
      'an e-mail address, which access-token-subject needs',
    )
  const name = inputs.text('credentials-name')
  if (!/^([a-z][a-z0-9-]{0,30})?$/.test(name))
    throw wrongValue(
      'credentials-name',
      name,
      'a name of at most 31 lower-case letters, digits and hyphens that begins with a letter',
    )
  return {
    provider,
    serviceAccount,
    projectId,
    tokenFormat,
    idTokenAudience,
    delegates,
    subject,
    name,
    audience: inputs.text(named('audience')) || `https://iam.googleapis.com/${provider}`,
    isFileWanted: inputs.boolean(named('create-credentials-file', 'true'), true),
    areVariablesWanted: inputs.boolean(named('export-environment-variables', 'true'), true),
    lifetimeSeconds: seconds(inputs, named('access-token-lifetime', '3600')),
    scopes: inputs.list(named('access-token-scopes', CLOUD_PLATFORM), CLOUD_PLATFORM),
    isEmailIncluded: inputs.boolean(named('id-token-include-email', 'false'), false),
    requestReason: inputs.text(named('request-reason')) || undefined,
    isExistingTaken: inputs.boolean('use-existing', false),
    allowedProjects: inputs.list('allowed-projects'),
    condition: inputs.text('attribute-condition'),
    universeDomain: inputs.text(named('universe-domain', 'googleapis.com', 'universe'), 'googleapis.com'),
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
    isCleanupWanted: inputs.boolean(named('cleanup-credentials', 'true'), true),
    timeoutMs: inputs.integer('timeout-seconds', { min: 5, max: 3600, fallback: 120 }) * 1000,
  }
}

/** The input that holds the value: ours, or google-github-actions/auth's when that one is given. */
function chosenName(inputs: Inputs, name: string, alias: string, fallback: string): string {
  if (alias === name) return name
  const ours = inputs.text(name)
  const theirs = inputs.text(alias)
  if (theirs === '') return name
  if (ours !== '' && ours !== fallback && ours !== theirs)
    throw new InputError(
      `Reading input ${alias}: ${name} says something else, and both name the same; remove one of them.`,
      { input: alias, accepted: `the value of ${name}, or none` },
    )
  return alias
}

/** A duration as Google's action takes it, too: `300s`, `1h`. */
function seconds(inputs: Inputs, name: string): number {
  const limits = { min: 30, max: 43_200, fallback: 3600 }
  const given = inputs.text(name)
  const [, hours, minutes, rest] = /^(?=\d)(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?$/.exec(given) ?? []
  if (hours === undefined && minutes === undefined && rest === undefined) return inputs.integer(name, limits)
  const sum = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest ?? 0)
  if (sum < limits.min || sum > limits.max)
    throw wrongValue(name, given, `a time from ${limits.min} to ${limits.max} seconds`)
  return sum
}

function refuseKey(inputs: Inputs): void {
  if (inputs.text('credentials_json') === '') return
  throw new RefusedError(
    'Reading input credentials_json: a service account key does not expire and works for whoever holds it; this action takes none.',
    {
      what: 'a service account key',
      problem: 'service-account-key',
      hint: 'Give workload_identity_provider and service_account instead (docs/migrate.md shows the setup), then delete the key.',
    },
  )
}

function refuseProvider(input: string, provider: string): never {
  const form = 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER'
  const project = /^projects\/([^/]+)\//.exec(provider)?.[1] ?? ''
  const error = wrongValue(
    input,
    provider,
    /^\d+$/.test(project) || project === '' ? form : `${form} (the number of the project, not its id)`,
  )
  const hint = new RegExp(`${POOL.source}/?$`).test(provider)
    ? 'This names the pool; the provider is missing: add /providers/PROVIDER. The providers of a pool: gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global'
    : /^\d+$/.test(project) || !PROJECT.test(project)
      ? 'Take the full name from: gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format="value(name)"'
      : `${project} is the project's id; its number is: gcloud projects describe ${project} --format="value(projectNumber)"`
  throw new InputError(error.message, {
    input,
    given: error.given,
    accepted: form,
    problem: 'wif-provider',
    hint,
  })
}

function checkAccount(input: string, account: string): void {
  if (SERVICE_ACCOUNT.test(account) || UNIQUE_ID.test(account)) return
  throw wrongValue(
    input,
    account,
    'the e-mail address of a service account (NAME@PROJECT.iam.gserviceaccount.com) or its unique id',
  )
}

function needs(what: string, input: string, why: string): never {
  throw new InputError(
    `Reading input ${input}: ${what} needs it (${why}); add "${input}:" to the step's "with".`,
    { input, given: '', accepted: 'a non-empty value', problem: 'missing-input' },
  )
}
