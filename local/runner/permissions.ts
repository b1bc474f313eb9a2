/**
 * Knows what a job's token may do and whether a called workflow asks for more than its caller has. It refuses
 * nothing itself: it names what is too much.
 */
import { child, entries, literal } from './tokens.ts'
import type { Token } from './tokens.ts'

type Level = 'none' | 'read' | 'write'
/** By scope; a scope that is missing is `none`. */
export type Permissions = Readonly<Record<string, Level>>

const rank: Readonly<Record<Level, number>> = { none: 0, read: 1, write: 2 }
const scopes = [
  'actions',
  'artifact-metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
]
/**
 * What a new repository gives a workflow that says nothing: "Read repository contents and packages
 * permissions".
 */
export const defaultPermissions: Permissions = { contents: 'read', packages: 'read' }

export const readPermissions = (token: Token | undefined): Permissions | undefined => {
  if (!token) return undefined
  const all = literal(token)
  if (all === 'write-all') return Object.fromEntries(scopes.map((scope) => [scope, 'write']))
  // An OIDC token cannot be read, only asked for.
  if (all === 'read-all')
    return Object.fromEntries(scopes.filter((scope) => scope !== 'id-token').map((scope) => [scope, 'read']))
  return Object.fromEntries(entries(token).map(({ key }) => [key, levelOf(token, key)]))
}

const levelOf = (token: Token, scope: string): Level => {
  const level = literal(child(token, scope))
  return level === 'read' || level === 'write' ? level : 'none'
}

/** Scopes of `requested` above `allowed`, each written as GitHub does: `id-token: write`. */
export const excess = (
  requested: Permissions,
  allowed: Permissions,
): { requested: string; allowed: string }[] =>
  Object.entries(requested)
    .filter(([scope, level]) => rank[level] > rank[allowed[scope] ?? 'none'])
    .map(([scope, level]) => ({
      requested: `${scope}: ${level}`,
      allowed: `${scope}: ${allowed[scope] ?? 'none'}`,
    }))

export const mayRequestIdToken = (permissions: Permissions): boolean => permissions['id-token'] === 'write'

/** How an author writes them. */
export const writtenPermissions = (permissions: Permissions): string =>
  `permissions: { ${Object.entries(permissions)
    .map(([scope, level]) => `${scope}: ${level}`)
    .join(', ')} }`

/** The least that allows both. */
export const joinPermissions = (a: Permissions, b: Permissions): Permissions =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((scope) => {
      const [left, right] = [a[scope] ?? 'none', b[scope] ?? 'none']
      return [scope, rank[left] >= rank[right] ? left : right]
    }),
  )
