/**
 * Writes docs/access.md: who may do what in words, and why each right is there, from access.yaml and the
 * operations that the access matrix tests. It refuses a grant without a reason.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

interface Access {
  readonly identities: Readonly<Record<string, { readonly kind: string; readonly description: string }>>
  readonly customRoles: Readonly<
    Record<string, { readonly description?: string; readonly permissions: readonly string[] }>
  >
  readonly bindings: Readonly<
    Record<
      string,
      readonly {
        readonly role: string
        readonly members: readonly string[]
        readonly why?: string
        readonly condition?: { readonly title: string }
      }[]
    >
  >
}
interface Matrix {
  readonly operations: readonly {
    readonly what: string
    readonly needs: readonly string[]
    readonly who: readonly string[]
  }[]
  readonly notServedHere: readonly {
    readonly permissions: readonly string[]
    readonly roles: readonly string[]
    readonly why: string
  }[]
}

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
const code = (text: string): string => `\`${text}\``
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const kinds: Readonly<Record<string, string>> = { persona: 'person', workload: 'workload', ci: 'workflow' }

export function accessPage(root: string): { file: string; text: string } {
  const read = <T>(file: string): T => parse(readFileSync(path.join(root, file), 'utf8')) as T
  const access = read<Access>('terraform-infra/access.yaml')
  const matrix = read<Matrix>('test/local/access/operations.yaml')
  const names = Object.keys(access.identities)
  const bindings = Object.entries(access.bindings).flatMap(([resource, list]) =>
    list.map((binding) => ({ resource, ...binding })),
  )

  const who = table(
    ['Identity', 'Kind', 'In one sentence'],
    Object.entries(access.identities).map(([name, { kind, description }]) => [
      code(name),
      kinds[kind] ?? kind,
      description,
    ]),
  )
  const may = table(
    ['Operation', ...names, 'Permissions asked for'],
    matrix.operations.map(({ what, needs, who: allowed }) => [
      capital(what),
      ...names.map((name) => (allowed.includes(name) ? 'yes' : '')),
      needs.map(code).join(' '),
    ]),
  )
  const inWords = names.map((name) => {
    const grants = bindings
      .filter(({ members }) => members.includes(name))
      .map(({ resource, role, why, condition }) => {
        if (why === undefined)
          throw new Error(`terraform-infra/access.yaml: the grant of ${role} on ${resource} has no why`)
        return [
          code(role.replace('customRoles/', '')),
          resource === 'project' ? 'the project' : resource.replace('/', ' '),
          condition ? `only under ${code(condition.title)}` : '',
          why,
        ]
      })
    const becoming = bindings.filter(
      ({ resource, role }) =>
        resource === `serviceAccount/${name}` && role === 'roles/iam.workloadIdentityUser',
    )
    return [
      `### ${name}`,
      '',
      table(['Role', 'On', 'Condition', 'Why'], grants),
      '',
      ...becoming.flatMap(({ why, members }) => [
        `Workflow runs become it: ${why ?? ''}`,
        '',
        ...members.map((member) => `- ${code(member.replace(/^.*\/attribute\./, 'attribute.'))}`),
        '',
      ]),
    ].join('\n')
  })
  const roles = Object.entries(access.customRoles).map(([role, { description, permissions }]) => {
    if (description === undefined)
      throw new Error(`terraform-infra/access.yaml: the custom role ${role} has no description`)
    const members = bindings
      .filter((binding) => binding.role === `customRoles/${role}`)
      .flatMap((binding) => binding.members)
    const reason = (permission: string): string => {
      const needed = matrix.operations
        .filter(
          ({ needs, who: allowed }) =>
            needs.includes(permission) && allowed.some((name) => members.includes(name)),
        )
        .map(({ what }) => what)
      const excused = matrix.notServedHere.find(
        (entry) => entry.roles.includes(role) && entry.permissions.includes(permission),
      )
      if (needed.length === 0 && excused === undefined)
        throw new Error(`test/local/access/operations.yaml: nothing there needs ${permission} of ${role}`)
      return needed.length > 0 ? capital(needed.join('; ')) : `${excused!.why} (not asked by the local cloud)`
    }
    return [
      `### ${role}`,
      '',
      description,
      '',
      table(
        ['Permission', 'Needed to'],
        permissions.map((permission) => [code(permission), reason(permission)]),
      ),
    ].join('\n')
  })
  const text = [
    '# Who may do what',
    '',
    '*For owners and security reviewers. After it you know who can do what, and which file to change.*',
    '',
    '<!-- generated by npm run docs from terraform-infra/access.yaml and test/local/access/operations.yaml; do not edit -->',
    '',
    '[access.yaml](../terraform-infra/access.yaml) says it; Terraform grants it and the local cloud enforces it. Nobody has a key: people and workflows impersonate these accounts.',
    'Each cell below is a test; an empty one is a 403 that names the permission. What an action needs alone: [permissions.md](permissions.md).',
    '',
    '## Identities',
    '',
    who,
    '',
    '## Operations',
    '',
    may,
    '',
    '## Each identity and its grants',
    '',
    ...inWords,
    '## Custom roles, permission by permission',
    '',
    roles.join('\n\n'),
    '',
  ].join('\n')
  return { file: 'docs/access.md', text: text.replace(/\n{3,}/g, '\n\n') }
}
