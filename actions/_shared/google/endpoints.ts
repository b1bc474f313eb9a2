/**
 * Where each Google API is, and the rule for overriding that. It refuses hosts nobody allowed: an environment
 * variable must not be able to steal a token.
 */
import { InputError, wrongValue } from '../errors.ts'

export type Api = 'sts' | 'iamcredentials' | 'oauth2' | 'storage' | 'bigquery' | 'dataproc' | 'composer'
const APIS: readonly Api[] = [
  'sts',
  'iamcredentials',
  'oauth2',
  'storage',
  'bigquery',
  'dataproc',
  'composer',
]
const SERVICE_PATH = /\/(storage\/v1|bigquery\/v2|v1)$/

export interface EndpointRules {
  /** e.g. `googleapis.com`. */
  readonly universeDomain: string
  /** Hosts (or `.suffixes`) the author allows besides Google's and the loopback. */
  readonly allowedHosts: readonly string[]
}
export interface Override {
  readonly api: Api
  readonly variable: string
  readonly root: string
}
export interface Endpoints {
  /**
   * Scheme and host (and path prefix of a proxy), without a trailing slash and without the API's own path.
   */
  root(api: Api, region?: string): string
  readonly overrides: readonly Override[]
}

export function readEndpoints(
  environment: Readonly<Record<string, string | undefined>>,
  rules: EndpointRules,
): Endpoints {
  const overrides = APIS.flatMap((api): Override[] => {
    const variable = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`
    const value = environment[variable]?.trim()
    if (!value) return []
    const url = checkedUrl(value, `environment variable ${variable}`, rules)
    return [
      { api, variable, root: `${url.origin}${url.pathname.replace(/\/+$/, '').replace(SERVICE_PATH, '')}` },
    ]
  })
  return {
    overrides,
    root: (api, region) => {
      const override = overrides.find((found) => found.api === api)
      if (override) return override.root
      // Dataproc serves a region at its own host only.
      return `https://${api === 'dataproc' && region ? `${region}-` : ''}${api}.${rules.universeDomain}`
    },
  }
}

/** One line per place that answers instead of Google, with everything that points there. */
export function describeOverrides({ overrides }: Endpoints): string[] {
  const byRoot = Map.groupBy(overrides, ({ root }) => root)
  return [...byRoot].map(([root, found]) =>
    found.length === 1
      ? `The ${found[0]?.api} API is at ${root} (${found[0]?.variable}).`
      : `${found.length} APIs are at ${root}: ${found.map(({ api }) => api).join(', ')} (CLOUDSDK_API_ENDPOINT_OVERRIDES_…).`,
  )
}

/** Returns the URL when its host may receive tokens; `source` says where the value came from. */
export function checkedUrl(value: string, source: string, rules: EndpointRules): URL {
  const refuse = (why: string): never => {
    throw new InputError(`Reading ${source}: ${why}.`, {
      input: 'allow-endpoint-hosts',
      given: hostOf(value),
      accepted: `loopback, ${rules.universeDomain}, p.googleapis.com`,
      problem: 'endpoint-host',
      hint: 'If this host is yours, name it in the input allow-endpoint-hosts; otherwise find out who set it.',
    })
  }
  let url: URL
  try {
    url = new URL(value)
  } catch {
    return refuse('it is not an absolute URL')
  }
  if (url.username || url.password || url.search || url.hash)
    return refuse('an endpoint holds neither user, query nor fragment')
  const host = url.hostname.toLowerCase()
  if (isLoopback(host))
    return url.protocol === 'http:' || url.protocol === 'https:'
      ? url
      : refuse(`the scheme ${url.protocol} is not http or https`)
  if (url.protocol !== 'https:')
    return refuse(`plain ${url.protocol}// is allowed on the loopback only, and ${host} is not`)
  const allowed = [
    '.googleapis.com',
    `.${rules.universeDomain}`,
    ...rules.allowedHosts.map((entry) => entry.toLowerCase()),
  ]
  const isAllowed = allowed.some((entry) => (entry.startsWith('.') ? host.endsWith(entry) : host === entry))
  return isAllowed ? url : refuse(`the host ${host} is not one of Google's and would receive access tokens`)
}

/**
 * `127.0.0.0/8`, `::1` and `localhost`; the URL parser has already brought numbers like 0x7f.1 into dotted
 * form.
 */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}

/** A universe's domain or a host the author allows: plain names only, so that neither can smuggle a path. */
export function checkedHost(value: string, input: string): string {
  const isName = /^\.?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(value)
  if (!isName) throw wrongValue(input, value, 'a host name such as googleapis.com')
  return value.toLowerCase()
}

function hostOf(value: string): string {
  return /^[a-z+]+:\/\/([^/?#@]*@)?([^/?#]*)/i.exec(value)?.[2] ?? '(no host)'
}
