/**
 * IAM bindings as GRANT writes them: which roles and members are accepted, and what a list of bindings gives.
 * People and groups are taken at their word; service accounts of this project are known.
 */
import type { Access, Environment, Principal } from '../../kernel.ts'
import type { AccessEntry, Grant } from '../engine/records.ts'
import { invalidQuery } from '../engine/refusals.ts'
import { entriesOfBindings } from './access-entries.ts'

const MEMBER = /^(user|group|serviceAccount|domain):\S+$/
const SPECIAL: Readonly<Record<string, string>> = {
  'specialGroup:allAuthenticatedUsers': 'allAuthenticatedUsers',
  allAuthenticatedUsers: 'allAuthenticatedUsers',
}

export function readGrants(
  access: Pick<Access, 'roleHas'>,
  environment: Environment,
  roles: readonly string[],
  members: readonly string[],
): Grant[] {
  for (const role of roles)
    if (!access.roleHas(role, 'bigquery.tables.get'))
      throw invalidQuery(`Role ${role} is not supported for this resource.`)
  const known = members.map((member) => readMember(environment, member))
  return roles.flatMap((role) => known.map((member) => ({ role, member })))
}

function readMember({ project, serviceAccounts }: Environment, given: string): string {
  const special = SPECIAL[given]
  if (special) return special
  if (!MEMBER.test(given)) throw invalidQuery(`Invalid member: ${given}`)
  const at = given.indexOf(':')
  const [kind, name] = [given.slice(0, at), given.slice(at + 1).toLowerCase()]
  const isOurs = kind === 'serviceAccount' && name.endsWith(`@${project}.iam.gserviceaccount.com`)
  if (isOurs && !Object.values(serviceAccounts).includes(name))
    throw invalidQuery(`Service account ${name} does not exist.`)
  return `${kind}:${name}`
}

const isSame = (one: Grant, other: Grant): boolean => one.role === other.role && one.member === other.member

export function withGrants(before: readonly Grant[], given: readonly Grant[], isRevoked: boolean): Grant[] {
  const others = before.filter((grant) => !given.some((item) => isSame(item, grant)))
  return isRevoked ? others : [...others, ...given]
}

export function isGrantedBy(
  grants: readonly Grant[],
  principal: Principal,
  isFor: (entry: AccessEntry, principal: Principal) => boolean,
  roleHas: (role: string) => boolean,
): boolean {
  return grants.some(
    (grant) => roleHas(grant.role) && entriesOfBindings([grant]).some((entry) => isFor(entry, principal)),
  )
}
