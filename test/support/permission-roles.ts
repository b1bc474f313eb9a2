/**
 * A local cloud in which each variant is an account of its own with exactly one set of permissions, level by
 * level; what the real access.yaml gives to others stays as it is.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { AccessDecision, Environment } from '../../local/cloud/kernel.ts'
import { repoRoot, startTestCloud, type TestCloud } from './cloud.ts'
import { overridesFor } from './signed-in-job.ts'

/**
 * `project`, `bucket/dags`, `dataset/analytics`, `serviceAccount/spark` → permissions; `itself` is the
 * variant's own account, for a workflow run of the trusted repository.
 */
export type Grants = Readonly<Record<string, readonly string[]>>

export interface RoleCloud extends TestCloud {
  /** The variables of a step that runs as the variant. */
  env(variant: string): Record<string, string>
  /** What was asked and allowed for the variant while `work` ran. */
  recorded(variant: string, work: () => Promise<unknown>): Promise<Grants>
}

interface AccessYaml {
  identities: Record<string, unknown>
  customRoles: Record<string, { title: string; permissions: readonly string[] }>
  bindings: Record<string, unknown[]>
}

/** Every permission that any role here holds: what a run that may do everything is recorded with. */
export async function everyPermission(): Promise<string[]> {
  const { roles } = JSON.parse(
    await readFile(join(repoRoot, 'local/cloud/identity/predefined-roles.json'), 'utf8'),
  ) as { roles: Record<string, string[]> }
  const { customRoles } = parse(
    await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8'),
  ) as AccessYaml
  return [
    ...new Set([
      ...Object.values(roles).flat(),
      ...Object.values(customRoles).flatMap(({ permissions }) => permissions),
    ]),
  ].sort()
}

export async function startRoleCloud(variants: Readonly<Record<string, Grants>>): Promise<RoleCloud> {
  const folder = await mkdtemp(join(tmpdir(), 'roles '))
  const environment = parse(
    await readFile(join(repoRoot, 'terraform-infra/environments/dev/environment.yaml'), 'utf8'),
  ) as Environment & { serviceAccounts: Record<string, string>; workloadIdentity: { pool: string } }
  const access = parse(await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')) as AccessYaml
  const account = (name: string) => `caec-${name}@${environment.project}.iam.gserviceaccount.com`
  const all: Record<string, Grants> = { ...variants, setter: { project: await everyPermission() } }
  Object.keys(all).forEach((name) => {
    environment.serviceAccounts[name] = account(name)
    access.identities[name] = { kind: 'ci', description: 'One set of permissions under test.' }
    Object.entries(all[name]!).forEach(([level, permissions]) => {
      if (permissions.length === 0) return
      const role = `${name}_${level}`.replaceAll(/[^a-zA-Z0-9_.]/g, '_')
      access.customRoles[role] = { title: `${name} on ${level}`, permissions }
      const pool = `principalSet://iam.googleapis.com/projects/${environment.projectNumber}/locations/global/workloadIdentityPools/${environment.workloadIdentity.pool}/*`
      const list = (access.bindings[level === 'itself' ? `serviceAccount/${name}` : level] ??= [])
      list.push({ role: `customRoles/${role}`, members: [level === 'itself' ? pool : name] })
    })
  })
  const [environmentFile, accessFile] = [join(folder, 'environment.yaml'), join(folder, 'access.yaml')]
  await Promise.all([
    writeFile(environmentFile, JSON.stringify(environment)),
    writeFile(accessFile, JSON.stringify(access)),
  ])
  const cloud = await startTestCloud({ environmentFile, accessFile })
  const levelOf = (resource: string): string => {
    const [, kind, id] = /^projects\/[^/]+\/(buckets|datasets|serviceAccounts)\/([^/]+)/.exec(resource) ?? []
    const key = (names: Readonly<Record<string, string>>): string =>
      Object.entries(names).find(([, name]) => name === id)?.[0] ?? 'unknown'
    if (kind === 'buckets') return `bucket/${key(environment.buckets)}`
    if (kind === 'datasets') return `dataset/${key(environment.datasets)}`
    if (kind === 'serviceAccounts') return `serviceAccount/${key(environment.serviceAccounts)}`
    return 'project'
  }
  return {
    ...cloud,
    env: (variant) => ({
      ...overridesFor(cloud.origin),
      GOOGLE_APPLICATION_CREDENTIALS: cloud.cloud.identity.credentialFiles()[variant]!,
      GOOGLE_CLOUD_PROJECT: environment.project,
      GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false',
    }),
    async recorded(variant, work) {
      const seen = new Map<string, Set<string>>()
      const stop = cloud.cloud.access.onDecision(
        ({ principal, permission, resource, allowed }: AccessDecision) => {
          const isItself =
            resource.name.endsWith(`/serviceAccounts/${account(variant)}`) &&
            principal.email !== account(variant)
          if (!allowed || (principal.email !== account(variant) && !isItself)) return
          const level = isItself ? 'itself' : levelOf(resource.name)
          // The results of a query lie in a hidden dataset that its owner reads by owning it.
          if (level === 'dataset/unknown') return
          seen.set(level, (seen.get(level) ?? new Set()).add(permission))
        },
      )
      await work().finally(stop)
      return Object.fromEntries(
        [...seen]
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([level, permissions]) => [level, [...permissions].sort()]),
      )
    },
    async close() {
      await cloud.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
