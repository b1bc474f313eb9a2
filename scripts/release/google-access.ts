/**
 * Reads what access on Google Cloud a release asks its users to grant: per identity of access.yaml, and per
 * mode of an action in docs/permissions.json.
 */
import { createHash } from 'node:crypto'

export interface Grant {
  readonly owner: string
  readonly permission: string
}
interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: { readonly title?: string; readonly expression?: string }
}
interface Access {
  readonly identities?: Readonly<Record<string, unknown>>
  readonly customRoles?: Readonly<Record<string, { readonly permissions?: readonly string[] }>>
  readonly bindings?: Readonly<Record<string, readonly Binding[]>>
}

export const identityOwner = (name: string): string => `identity ${name}`

export function identitiesOf(access: Access): string[] {
  return Object.keys(access.identities ?? {})
}

/**
 * A custom role counts as its permissions: who regroups them changes nothing. A condition is part of the
 * grant: without it, or with another, the grant is another one.
 */
export function grantsOf(access: Access): Grant[] {
  const identities = new Set(identitiesOf(access))
  return Object.entries(access.bindings ?? {}).flatMap(([resource, bindings]) =>
    bindings.flatMap(({ role, members, condition }) => {
      const custom = /^customRoles\/(.+)$/.exec(role)?.[1]
      const rights = custom === undefined ? [role] : (access.customRoles?.[custom]?.permissions ?? [role])
      const where =
        condition === undefined
          ? resource
          : `${resource}, under ${condition.title ?? 'a condition'} ${createHash('sha256')
              .update(condition.expression ?? '')
              .digest('hex')
              .slice(0, 8)}`
      return members.flatMap((member) =>
        rights.map((right) => ({
          owner: identities.has(member) ? identityOwner(member) : `Google access of ${member}`,
          permission: `${right} on ${where}`,
        })),
      )
    }),
  )
}

interface Needs {
  readonly modes?: readonly {
    readonly action: string
    readonly mode: string
    readonly needs?: Readonly<Record<string, readonly string[]>>
  }[]
}

export const modesOf = (document: Needs): string[] => (document.modes ?? []).map(modeOwner)
const modeOwner = ({ action, mode }: { action: string; mode: string }): string => `action ${action} (${mode})`

/** Permissions each action needs in each of its modes, and where. */
export function needsOf(document: Needs): Grant[] {
  return (document.modes ?? []).flatMap((mode) =>
    Object.entries(mode.needs ?? {}).flatMap(([resource, permissions]) =>
      permissions.map((permission) => ({
        owner: modeOwner(mode),
        permission: `${permission} on ${resource}`,
      })),
    ),
  )
}
