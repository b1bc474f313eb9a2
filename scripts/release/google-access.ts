/** Reads what access on Google Cloud a release asks its users to grant: per identity of access.yaml, and per heading of docs/permissions.md. */
import { createHash } from 'node:crypto'

export interface Grant { readonly owner: string; readonly permission: string }
interface Binding { readonly role: string; readonly members: readonly string[]; readonly condition?: { readonly title?: string; readonly expression?: string } }
interface Access {
  readonly identities?: Readonly<Record<string, unknown>>
  readonly customRoles?: Readonly<Record<string, { readonly permissions?: readonly string[] }>>
  readonly bindings?: Readonly<Record<string, readonly Binding[]>>
}

export const identityOwner = (name: string): string => `identity ${name}`

export function identitiesOf(access: Access): string[] {
  return Object.keys(access.identities ?? {})
}

/** A custom role counts as its permissions: who regroups them changes nothing. A condition is part of the grant: without it, or with another, the grant is another one. */
export function grantsOf(access: Access): Grant[] {
  const identities = new Set(identitiesOf(access))
  return Object.entries(access.bindings ?? {}).flatMap(([resource, bindings]) => bindings.flatMap(({ role, members, condition }) => {
    const custom = /^customRoles\/(.+)$/.exec(role)?.[1]
    const rights = custom === undefined ? [role] : access.customRoles?.[custom]?.permissions ?? [role]
    const where = condition === undefined ? resource : `${resource}, under ${condition.title ?? 'a condition'} ${createHash('sha256').update(condition.expression ?? '').digest('hex').slice(0, 8)}`
    return members.flatMap((member) => rights.map((right) => ({ owner: identities.has(member) ? identityOwner(member) : `Google access of ${member}`, permission: `${right} on ${where}` })))
  }))
}

/** Permissions of Google Cloud per heading of the document, such as `bigquery.tables.update` under "deploy-dags". */
export function documentedPermissions(document: string): Grant[] {
  const found: Grant[] = []
  let heading = 'the project'
  for (const line of document.split('\n')) {
    heading = /^#+\s+(.*?)\s*$/.exec(line)?.[1]?.replaceAll('`', '') ?? heading
    for (const [, permission = ''] of line.matchAll(/`([a-z]+\.[a-zA-Z]+\.[a-zA-Z]+)`/g)) found.push({ owner: `Google access of ${heading}`, permission })
  }
  return found
}
