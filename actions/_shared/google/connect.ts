/**
 * Opens Google for one action: credentials from the environment, endpoints, one authorised request function.
 * It refuses hosts nobody allowed and asks no metadata server for a project.
 */
import { readFileSync } from 'node:fs'
import { GoogleAuth, type AuthClient } from 'google-auth-library'
import { InputError } from '../errors.ts'
import {
  checkedHost,
  checkedUrl,
  describeOverrides,
  readEndpoints,
  type Endpoints,
  type EndpointRules,
} from './endpoints.ts'
import { openFederation } from './federation.ts'
import { renewRefusedTokens } from './fresh-token.ts'
import { JobIdentity } from './job-identity.ts'
import { openImpersonated } from './impersonation.ts'
import { createRequest, type GoogleRequest } from './request.ts'
import { quietSdkLogging } from './sdk-logging.ts'
import { endTokenWaits } from './token-wait.ts'
import { openTransport } from './transport.ts'
import { redact } from './translate.ts'
import type { Surroundings } from './surroundings.ts'

/** All three legs of a token, retries included. */
const TOKEN_BUDGET_MS = 120_000
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'
/** The same order as our auth action and google-github-actions/auth export them. */
const PROJECT_VARIABLES = [
  'CLOUDSDK_CORE_PROJECT',
  'CLOUDSDK_PROJECT',
  'GOOGLE_CLOUD_PROJECT',
  'GCLOUD_PROJECT',
  'GCP_PROJECT',
] as const

const GOOGLE_UNIVERSE = 'googleapis.com'

export interface ConnectOptions {
  /** The input; else the environment's project; else the one in the credentials. */
  readonly projectId?: string
  readonly universeDomain?: string
  readonly allowedHosts?: readonly string[]
  /** The account that everything is asked as, when the job's own may only become it. */
  readonly impersonate?: string
}
export interface Google {
  readonly projectId: string
  readonly client: AuthClient
  readonly endpoints: Endpoints
  readonly request: GoogleRequest
  readonly log: Surroundings['log']
  /** One line per active endpoint override, for the summary. */
  readonly notes: readonly string[]
}

export async function connect(options: ConnectOptions, surroundings: Surroundings): Promise<Google> {
  const { environment, log } = surroundings
  quietSdkLogging(environment, log)
  const rules = endpointRules(options, environment)
  const endpoints = readEndpoints(environment, rules)
  const credentials = readCredentialsFile(environment, rules)
  const notes = describeOverrides(endpoints)
  for (const note of notes) log.warning(note)
  const projectId =
    options.projectId ||
    PROJECT_VARIABLES.map((name) => environment[name]?.trim()).find(Boolean) ||
    credentials?.projectId
  if (!projectId) {
    throw new InputError('Finding the project: neither the input project-id nor the environment names one.', {
      input: 'project-id',
      given: '',
      accepted: 'a project id',
      problem: 'no-project',
      hint: 'Set project-id here, or let the auth step export it.',
    })
  }
  // Every token the library makes is hidden before anything can print it.
  const maskTokens = (tokens: { access_token?: string | null }) => {
    if (tokens.access_token) surroundings.mask(tokens.access_token)
  }
  const open = (client: AuthClient): Pick<Google, 'client' | 'request'> => {
    client.on('tokens', maskTokens)
    const edge = { client: endTokenWaits(renewRefusedTokens(client)), endpoints, mask: surroundings.mask }
    return { client: edge.client, request: createRequest({ ...edge, log: (line) => log.info(line) }) }
  }
  const own = open(
    credentials?.federated === undefined
      ? await openClient(projectId)
      : openJobIdentity(credentials.federated, surroundings),
  )
  const used = options.impersonate
    ? open(openImpersonated(own.request, options.impersonate, endpoints, rules.universeDomain))
    : own
  return { projectId, ...used, endpoints, log, notes }
}

/**
 * Every host of the universe receives tokens: a variable may not choose it unless the author named its hosts.
 */
export function endpointRules(
  options: ConnectOptions,
  environment: Surroundings['environment'],
): EndpointRules {
  const allowedHosts = (options.allowedHosts ?? []).map((host) => checkedHost(host, 'allow-endpoint-hosts'))
  const given = environment.GOOGLE_CLOUD_UNIVERSE_DOMAIN?.trim() ?? ''
  if (options.universeDomain || given === '' || given === GOOGLE_UNIVERSE)
    return {
      universeDomain: checkedHost(options.universeDomain || GOOGLE_UNIVERSE, 'universe-domain'),
      allowedHosts,
    }
  const universeDomain = checkedHost(given, 'universe-domain')
  if (!allowedHosts.includes(`.${universeDomain}`)) {
    throw new InputError(
      `Reading environment variable GOOGLE_CLOUD_UNIVERSE_DOMAIN: the hosts of ${universeDomain} would receive access tokens.`,
      {
        input: 'allow-endpoint-hosts',
        given: universeDomain,
        accepted: GOOGLE_UNIVERSE,
        problem: 'endpoint-host',
        hint: `If this universe is yours, name it in the input allow-endpoint-hosts (.${universeDomain}); otherwise find out who set the variable.`,
      },
    )
  }
  return { universeDomain, allowedHosts }
}

async function openClient(projectId: string): Promise<AuthClient> {
  try {
    const transporter = openTransport()
    const client = await new GoogleAuth({
      scopes: [CLOUD_PLATFORM],
      projectId,
      clientOptions: { transporter },
    }).getClient()
    // The library gives its token exchange a transport of its own, which follows redirects.
    const exchange = (client as { stsCredential?: { transporter?: unknown } }).stsCredential
    if (exchange !== undefined) exchange.transporter = transporter
    return client
  } catch (error) {
    throw new InputError(
      `Reading the Google credentials: ${redact(error instanceof Error ? error.message : String(error))}`,
      {
        input: 'GOOGLE_APPLICATION_CREDENTIALS',
        accepted: 'Application Default Credentials',
        problem: 'no-credentials',
        hint: 'Run the auth action of this set (or google-github-actions/auth) in an earlier step of the same job.',
      },
    )
  }
}

/** The `external_account` file that the auth actions write: the job's OIDC tokens come from a URL. */
interface FederatedFile {
  readonly audience: string
  readonly tokenUrl: string
  readonly subjectTokenType: string
  readonly universeDomain: string
  readonly sourceUrl: string
  readonly sourceHeaders: Readonly<Record<string, string>>
  readonly field: string | undefined
  readonly impersonationUrl: string | undefined
  readonly lifetimeSeconds: number
  readonly delegates: readonly string[]
}

function openJobIdentity(file: FederatedFile, surroundings: Surroundings): JobIdentity {
  let endMs = 0
  const bearer = /^Bearer (.+)$/i.exec(file.sourceHeaders.Authorization ?? '')?.[1]
  if (bearer) surroundings.mask(bearer)
  const federation = openFederation(
    {
      stsAudience: file.audience,
      stsTokenUrl: file.tokenUrl,
      subjectTokenType: file.subjectTokenType,
      source: { url: file.sourceUrl, headers: file.sourceHeaders, field: file.field },
      deadlineMs: () => endMs,
    },
    surroundings,
  )
  return new JobIdentity({
    audience: file.audience,
    tokenUrl: file.tokenUrl,
    universeDomain: file.universeDomain,
    renew: async () => {
      endMs = Date.now() + TOKEN_BUDGET_MS
      const federated = await federation.exchange()
      return file.impersonationUrl === undefined
        ? federated
        : federation.accessToken({
            url: file.impersonationUrl,
            resource: /serviceAccounts\/([^/:]+):/.exec(file.impersonationUrl)?.[1] ?? 'the service account',
            scopes: [CLOUD_PLATFORM],
            lifetimeSeconds: file.lifetimeSeconds,
            delegates: file.delegates,
          })
    },
  })
}

/**
 * Tokens are exchanged wherever the file says; a file that nobody checked could send them to a stranger.
 */
function readCredentialsFile(
  environment: Surroundings['environment'],
  rules: EndpointRules,
): { projectId?: string; federated?: FederatedFile } | undefined {
  const path = environment.GOOGLE_APPLICATION_CREDENTIALS?.trim()
  if (!path) return undefined
  let content: Record<string, unknown>
  try {
    content = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (content === null || typeof content !== 'object') throw new Error('it is not an object')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new InputError(`Reading the credentials file ${path}: ${code ?? 'it is not JSON'}.`, {
      input: 'GOOGLE_APPLICATION_CREDENTIALS',
      problem: 'credentials-file',
      hint: 'Was it removed, or did a checkout after the auth step clean the workspace? Authenticate after the checkout.',
    })
  }
  const nested = content.source_credentials
  for (const part of [content, nested !== null && typeof nested === 'object' ? nested : {}]) {
    for (const key of ['token_url', 'token_uri', 'service_account_impersonation_url'] as const) {
      const value = (part as Record<string, unknown>)[key]
      if (typeof value === 'string') checkedUrl(value, `${key} of the credentials file`, rules)
    }
  }
  const impersonated =
    typeof content.service_account_impersonation_url === 'string'
      ? projectOfServiceAccount(content.service_account_impersonation_url)
      : undefined
  return {
    projectId: typeof content.project_id === 'string' ? content.project_id : impersonated,
    federated: chainFile(content) ?? federatedFile(content),
  }
}

/** What our auth action writes for a chain of accounts. */
function chainFile(content: Record<string, unknown>): FederatedFile | undefined {
  const { source_credentials: source, service_account_impersonation_url: url, delegates } = content
  if (content.type !== 'impersonated_service_account' || source === null || typeof source !== 'object')
    return undefined
  const file = federatedFile(source as Record<string, unknown>)
  if (file === undefined || file.impersonationUrl !== undefined || typeof url !== 'string') return undefined
  const accounts = Array.isArray(delegates) ? delegates.map(String) : []
  return {
    ...file,
    impersonationUrl: url,
    delegates: accounts.map((entry) => entry.replace(/^projects\/-\/serviceAccounts\//, '')),
  }
}

/** undefined for every other kind of credentials: Google's library reads those. */
function federatedFile(content: Record<string, unknown>): FederatedFile | undefined {
  const known = [
    'type',
    'audience',
    'subject_token_type',
    'token_url',
    'credential_source',
    'universe_domain',
    'service_account_impersonation_url',
    'service_account_impersonation',
    'project_id',
  ]
  const source = content.credential_source as
    | { url?: unknown; headers?: unknown; format?: { type?: unknown; subject_token_field_name?: unknown } }
    | undefined
  const { audience, token_url: tokenUrl } = content
  if (
    content.type !== 'external_account' ||
    Object.keys(content).some((key) => !known.includes(key)) ||
    typeof source?.url !== 'string' ||
    !/^https?:\/\//i.test(source.url) ||
    typeof audience !== 'string' ||
    typeof tokenUrl !== 'string'
  )
    return undefined
  const impersonation = content.service_account_impersonation as
    { token_lifetime_seconds?: unknown } | undefined
  const field = source.format?.subject_token_field_name
  const text = (value: unknown, fallback: string) => (typeof value === 'string' ? value : fallback)
  return {
    audience,
    tokenUrl,
    subjectTokenType: text(content.subject_token_type, 'urn:ietf:params:oauth:token-type:jwt'),
    universeDomain: text(content.universe_domain, GOOGLE_UNIVERSE),
    sourceUrl: source.url,
    sourceHeaders: Object.fromEntries(
      Object.entries((source.headers ?? {}) as Record<string, unknown>).map(([name, value]) => [
        name,
        String(value),
      ]),
    ),
    field: source.format?.type === 'json' ? text(field, 'value') : undefined,
    impersonationUrl: text(content.service_account_impersonation_url, '') || undefined,
    lifetimeSeconds: Number(impersonation?.token_lifetime_seconds) || 3600,
    delegates: [],
  }
}

/**
 * `…/serviceAccounts/name@project.iam.gserviceaccount.com:verb` or the bare e-mail address → project;
 * undefined for default accounts.
 */
export function projectOfServiceAccount(text: string): string | undefined {
  const match = /@([a-z0-9-]+)(?:\.([a-z0-9.-]+))?\.iam\.gserviceaccount\.com/.exec(text)
  // Domain-scoped projects: name@project.example.com.iam.gserviceaccount.com belongs to example.com:project.
  return match ? (match[2] ? `${match[2]}:${match[1]}` : match[1]) : undefined
}
