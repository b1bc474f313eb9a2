/**
 * The policy decision: does a binding of access.yaml on the resource or above it grant the permission? It
 * denies by default.
 */
import type { Access, AccessDecision, Principal, Resource } from '../kernel.ts'
import type { AccessFile, Binding } from './access-file.ts'
import { denial } from './denial.ts'

export function createAccess(file: AccessFile, project: Home, now: () => number): Access {
  const byResource = Map.groupBy(file.bindings, (binding) => binding.resource)
  const listeners = new Set<(decision: AccessDecision) => void>()

  const isGranted = (
    binding: Binding,
    principal: Principal,
    permission: string,
    resource: Resource,
  ): boolean => {
    if (!file.roles.get(binding.role)!.has(permission)) return false
    if (
      !binding.members.has(principal.member) &&
      !principal.memberSets.some((set) => binding.members.has(set))
    )
      return false
    const { name, type, service } = resource
    return (
      binding.applies?.({
        resource: { name, type, service },
        attributes: resource.attributes ?? {},
        time: new Date(now()),
      }) ?? true
    )
  }
  const grants: Access['grants'] = (principal, permission, resource) =>
    lineage(resource.name, project).some((key) =>
      byResource.get(key)?.some((binding) => isGranted(binding, principal, permission, resource)),
    )
  const decided: Access['decided'] = (decision) => {
    for (const listener of listeners) listener(decision)
  }
  const allows: Access['allows'] = (principal, permission, resource) => {
    const allowed = grants(principal, permission, resource)
    decided({ principal, permission, resource, allowed })
    return allowed
  }
  return {
    allows,
    grants,
    decided,
    require(principal, permission, resource) {
      if (!allows(principal, permission, resource)) throw denial(principal, permission, resource)
    },
    roleHas: (role, permission) => file.roles.get(role)?.has(permission) ?? false,
    datasetBindings: (datasetId) =>
      (byResource.get(`dataset/${datasetId}`) ?? []).flatMap(({ role, members }) =>
        [...members].map((member) => ({ role, member })),
      ),
    onDecision(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

interface Home {
  readonly project: string
  readonly projectNumber: string
  /** The bucket of Terraform's state lies in a project of its own: no right on this one reaches it. */
  readonly buckets?: { readonly state?: string }
}

/** The resource that holds bindings, then the project. Another project's resources have no ancestor here. */
function lineage(name: string, { project, projectNumber, buckets }: Home): string[] {
  const [, holder, kind, id] = /^projects\/([^/]+)(?:\/([^/]+)\/([^/]+))?/.exec(name) ?? []
  if (holder === undefined) return []
  const isOurs =
    holder === project ||
    holder === projectNumber ||
    (holder === '_' && kind === 'buckets') ||
    (holder === '-' && kind === 'serviceAccounts')
  if (!isOurs) return []
  const own = (
    { buckets: `bucket/${id}`, datasets: `dataset/${id}`, serviceAccounts: `serviceAccount/${id}` } as Record<
      string,
      string
    >
  )[kind ?? '']
  if (own === `bucket/${buckets?.state}`) return [own]
  return own ? [own, 'project'] : ['project']
}
