/**
 * Reads access.yaml into bindings with full names; it refuses a name, role, placeholder or expression that
 * leads nowhere.
 */
import { join } from 'node:path'
import {
  compileBindingCondition,
  compileMapping,
  compileProviderCondition,
  type BindingContext,
} from './cel.ts'
import type { EnvironmentFile } from './environment.ts'
import { createRoleBook, type RoleBook } from './roles.ts'
import { readYamlFile, type YamlFile, type YamlPath } from './yaml-file.ts'

interface RawBinding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: { readonly title: string; readonly expression: string }
}
interface RawFile {
  readonly identities: Readonly<Record<string, { readonly kind: IdentityKind; readonly description: string }>>
  readonly customRoles: Readonly<
    Record<string, { readonly title: string; readonly permissions: readonly string[] }>
  >
  readonly bindings: Readonly<Record<string, readonly RawBinding[]>>
  readonly workloadIdentity: {
    readonly pool: string
    readonly provider: string
    readonly disabled?: boolean
    readonly poolDisabled?: boolean
    readonly issuer: string
    readonly allowedAudiences?: readonly string[]
    readonly attributeMapping: Readonly<Record<string, string>>
    readonly attributeCondition: string
  }
}

export type IdentityKind = 'persona' | 'workload' | 'ci'

export interface Binding {
  /** `project`, `bucket/<name>`, `dataset/<id>` or `serviceAccount/<email>`. */
  readonly resource: string
  /** As IAM writes it: `roles/…` or `projects/P/roles/…`. */
  readonly role: string
  readonly members: ReadonlySet<string>
  readonly applies?: (context: BindingContext) => boolean
  /** The expression behind `applies`, filled in. */
  readonly condition?: string
}
export interface ProviderSettings {
  readonly pool: string
  readonly provider: string
  readonly isDisabled: boolean
  readonly issuer: string
  readonly allowedAudiences: readonly string[]
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly attributeCondition: string
}
export interface AccessFile {
  readonly identities: Readonly<
    Record<string, { readonly kind: IdentityKind; readonly email: string; readonly description: string }>
  >
  readonly roles: RoleBook
  readonly bindings: readonly Binding[]
  readonly provider: ProviderSettings
}

const schemaFile = join(import.meta.dirname, '../../../terraform-infra/access.schema.json')

export async function loadAccessFile(file: string, environment: EnvironmentFile): Promise<AccessFile> {
  const source = await readYamlFile<RawFile>(file, schemaFile)
  const raw = source.value
  const fill = (text: string, path: YamlPath) =>
    text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => lookUp(environment, name, source, path))
  const roles = createRoleBook(environment.project, raw.customRoles)
  const identities = Object.fromEntries(
    Object.entries(raw.identities).map(([name, identity]) => {
      const email = environment.serviceAccounts[name]
      if (!email)
        throw source.mistake(
          ['identities', name],
          `identity '${name}' has no service account in environment.yaml`,
        )
      return [name, { ...identity, email }]
    }),
  )
  const bindings = Object.entries(raw.bindings).flatMap(([key, list]) =>
    list.map((binding, index): Binding => {
      const path = ['bindings', key, index] as const
      const role = binding.role.replace(/^customRoles\//, `projects/${environment.project}/roles/`)
      if (!roles.has(role))
        throw source.mistake(
          [...path, 'role'],
          `role '${binding.role}' is neither a custom role of this file nor a predefined role known here`,
        )
      const members = binding.members.map((member, place) => {
        if (member.includes(':')) return fill(member, [...path, 'members', place])
        if (!identities[member])
          throw source.mistake([...path, 'members', place], `'${member}' is not an identity of this file`)
        return `serviceAccount:${identities[member].email}`
      })
      const expression =
        binding.condition && fill(binding.condition.expression, [...path, 'condition', 'expression'])
      const applies =
        expression === undefined
          ? undefined
          : compiled(source, [...path, 'condition', 'expression'], () => compileBindingCondition(expression))
      return {
        resource: resourceOf(key, environment, source),
        role,
        members: new Set(members),
        applies,
        condition: expression,
      }
    }),
  )
  return { identities, roles, bindings, provider: readProvider(source, fill) }
}

function readProvider(
  source: YamlFile<RawFile>,
  fill: (text: string, path: YamlPath) => string,
): ProviderSettings {
  const raw = source.value.workloadIdentity
  const at = (...names: string[]) => ['workloadIdentity', ...names]
  const attributeMapping = Object.fromEntries(
    Object.entries(raw.attributeMapping).map(([name, text]) => {
      const expression = fill(text, at('attributeMapping', name))
      compiled(source, at('attributeMapping', name), () => compileMapping(expression))
      return [name, expression]
    }),
  )
  const attributeCondition = fill(raw.attributeCondition, at('attributeCondition'))
  compiled(source, at('attributeCondition'), () => compileProviderCondition(attributeCondition))
  return {
    pool: fill(raw.pool, at('pool')),
    provider: fill(raw.provider, at('provider')),
    isDisabled: raw.disabled === true || raw.poolDisabled === true,
    issuer: raw.issuer,
    allowedAudiences: (raw.allowedAudiences ?? []).map((audience) => fill(audience, at('allowedAudiences'))),
    attributeMapping,
    attributeCondition,
  }
}

function resourceOf(key: string, environment: EnvironmentFile, source: YamlFile<RawFile>): string {
  const [kind, name] = key.split('/') as [string, string?]
  if (name === undefined) return kind
  const group = (
    {
      bucket: environment.buckets,
      dataset: environment.datasets,
      serviceAccount: environment.serviceAccounts,
    } as Record<string, Readonly<Record<string, string>>>
  )[kind]!
  if (!Object.hasOwn(group, name))
    throw source.mistake(['bindings', key], `environment.yaml has no ${kind} '${name}'`)
  return `${kind}/${group[name]}`
}

function lookUp(
  environment: EnvironmentFile,
  name: string,
  source: YamlFile<unknown>,
  path: YamlPath,
): string {
  let value: unknown = environment
  for (const part of name.split('.'))
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined
  if (typeof value !== 'string') throw source.mistake(path, `environment.yaml has no value '${name}'`)
  return value
}

function compiled<T>(source: YamlFile<unknown>, path: YamlPath, compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    throw source.mistake(path, `the expression is refused: ${(error as Error).message.split('\n')[0]}`)
  }
}
