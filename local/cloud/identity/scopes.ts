/**
 * OAuth scopes: which ones a token may carry and which a service accepts. IAM decides after that; a scope
 * never grants.
 */
import { CloudError } from '../kernel.ts'

const prefix = 'https://www.googleapis.com/auth/'
export const cloudPlatform = `${prefix}cloud-platform`

/** As the discovery documents list them per service; `read` ones suffice for GET. */
const accepted: Readonly<
  Record<string, { readonly write: readonly string[]; readonly read: readonly string[] }>
> = {
  storage: {
    write: ['devstorage.full_control', 'devstorage.read_write'],
    read: ['devstorage.read_only', 'cloud-platform.read-only'],
  },
  bigquery: { write: ['bigquery'], read: ['bigquery.readonly', 'cloud-platform.read-only'] },
  identity: { write: ['iam'], read: [] },
}

export function readScopes(scopes: readonly unknown[], refuse: (what: string) => CloudError): string[] {
  if (scopes.length === 0) throw refuse('At least one scope is required.')
  return scopes.map((scope) => {
    if (
      typeof scope === 'string' &&
      (scope.startsWith(prefix) || ['openid', 'email', 'profile'].includes(scope))
    )
      return scope
    throw refuse(`Invalid OAuth scope: '${String(scope).slice(0, 200)}'.`)
  })
}

export function requireScope(service: string, method: string, scopes: readonly string[]): void {
  const { write, read } = accepted[service] ?? { write: [], read: [] }
  const enough = ['cloud-platform', ...write, ...(method === 'GET' ? read : [])].map((name) => prefix + name)
  if (scopes.some((scope) => enough.includes(scope))) return
  throw new CloudError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        domain: 'googleapis.com',
      },
    ],
  })
}
