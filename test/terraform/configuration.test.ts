/**
 * Every module, example and environment through fmt, validate, test and plan, offline; the plans in words are
 * compared with the reviewed ones, and the grants with those of the local cloud.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { summarize } from '../../.github/actions/plan-summary/summarize.mjs'
import { loadAccessFile } from '../../local/cloud/identity/access-file.ts'
import { loadEnvironment } from '../../local/cloud/identity/environment.ts'
import { SCHEMA_VERSION } from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'
import { isRequired, missingTools, openWorkspace, type Workspace } from './terraform.ts'

const infra = join(repoRoot, 'terraform-infra')
const foldersOf = (name: string) =>
  readdirSync(join(infra, name), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
const modules = foldersOf('modules')
const environments = foldersOf('environments')
const isUpdating = process.env.UPDATE_GOLDEN === '1'

if (isRequired)
  it('has the tools that its checks need', () => {
    expect(missingTools).toEqual([])
  })

// Without the tools every check below is counted as skipped.
const check = missingTools.length === 0 ? describe : describe.skip

check('the configuration', () => {
  let workspace: Workspace
  const plans = new Map<string, Promise<any>>()
  const planOf = (name: string): Promise<any> =>
    plans.get(name) ?? plans.set(name, workspace.plan(`environments/${name}`)).get(name)!
  beforeAll(async () => {
    workspace = await openWorkspace()
  }, 600_000)
  afterAll(() => workspace?.close())

  it('is formatted', async () => {
    expect(await workspace.run('.', 'fmt', '-check', '-recursive')).toEqual({ code: 0, text: '' })
  })

  it.each(modules)('%s is valid and its tests pass', async (module) => {
    const init = await workspace.run(`modules/${module}`, 'init', '-no-color', '-input=false')
    expect(init).toMatchObject({ code: 0 })
    expect(await workspace.run(`modules/${module}`, 'validate', '-no-color')).toMatchObject({
      code: 0,
      text: expect.stringMatching(/Success! The configuration is valid\.\s*$/),
    })
    const { code, text } = await workspace.run(`modules/${module}`, 'test', '-no-color')
    expect(text).toMatch(/Success! [1-9]\d* passed, 0 failed\./)
    expect(code).toBe(0)
  })

  it.each(modules.filter((module) => existsSync(join(infra, 'modules', module, 'examples/basic'))))(
    'the example of %s can be planned from nothing',
    async (module) => {
      const plan = await workspace.plan(`modules/${module}/examples/basic`)
      expect(plan.errored).toBe(false)
      expect(plan.resource_changes.length).toBeGreaterThan(0)
      expect(new Set(plan.resource_changes.map(({ change }: any) => change.actions.join()))).toEqual(
        new Set(['create']),
      )
    },
  )

  it.each(environments)('%s is valid, and its plan from nothing is the reviewed one', async (name) => {
    const plan = await planOf(name)
    expect(await workspace.run(`environments/${name}`, 'validate', '-no-color')).toMatchObject({ code: 0 })
    const { title, lines } = summarize(plan)
    const golden = join(repoRoot, 'test/terraform/golden', `${name}.txt`)
    const text = `${title}\n${lines.join('\n')}\n`
    if (isUpdating) await writeFile(golden, text)
    // Differs on purpose? UPDATE_GOLDEN=1 npm run check -- terraform, and let the diff be reviewed.
    expect(text).toBe(await readFile(golden, 'utf8'))
    expect(plan.configuration.provider_config.google.version_constraint).toBe(`>= ${SCHEMA_VERSION}, < 9.0.0`)
  })

  it.each(environments)(
    '%s grants exactly what the local cloud enforces from the same files',
    async (name) => {
      const environment = await loadEnvironment(join(infra, 'environments', name, 'environment.yaml'))
      const { bindings } = await loadAccessFile(join(infra, 'access.yaml'), environment)
      // The state lies in another project, where the operator grants by hand.
      const state = `bucket/${environment.buckets.state}`
      const managed = bindings.filter(({ resource }) => resource !== state)
      const enforced = managed.flatMap(({ resource, role, members, condition }) =>
        [...members].map((member) =>
          [
            resource === 'project' ? `project/${environment.project}` : resource,
            role,
            member,
            condition ?? '',
          ].join(' | '),
        ),
      )
      const { resource_changes: changes } = await planOf(name)
      expect(changes.flatMap(grantOf).sort()).toEqual(enforced.sort())
      expect(JSON.stringify(changes)).not.toContain(environment.buckets.state)
      // No other way to grant: neither lists that take away what they do not name, nor keys.
      const kinds = new Set(
        changes
          .map(({ type }: any) => type)
          .filter((type: string) => /iam|access|key|policy|binding/.test(type)),
      )
      expect([...kinds].sort()).toEqual([
        'google_bigquery_dataset_access',
        'google_iam_workload_identity_pool',
        'google_iam_workload_identity_pool_provider',
        'google_monitoring_alert_policy',
        'google_project_iam_custom_role',
        'google_project_iam_member',
        'google_service_account_iam_member',
        'google_storage_bucket_iam_member',
      ])
    },
  )

  it('never grants a basic role or a grant to everyone', async () => {
    for (const name of environments) {
      const text = await readFile(join(repoRoot, 'test/terraform/golden', `${name}.txt`), 'utf8')
      expect(text).not.toMatch(/roles\/(owner|editor|viewer)\b|allUsers|allAuthenticatedUsers/)
    }
  })
})

const datasetRoles: Readonly<Record<string, string>> = {
  OWNER: 'roles/bigquery.dataOwner',
  WRITER: 'roles/bigquery.dataEditor',
  READER: 'roles/bigquery.dataViewer',
}

function grantOf({ type, change }: any): string[] {
  const after = change.after
  const grant = (resource: string, role: string, member: string) => [
    [resource, role, member, after.condition?.[0]?.expression ?? ''].join(' | '),
  ]
  switch (type) {
    case 'google_project_iam_member':
      return grant(`project/${after.project}`, after.role, after.member)
    case 'google_storage_bucket_iam_member':
      return grant(`bucket/${after.bucket}`, after.role, after.member)
    case 'google_service_account_iam_member':
      return grant(`serviceAccount/${after.service_account_id.split('/').at(-1)}`, after.role, after.member)
    case 'google_bigquery_dataset_access':
      return grant(
        `dataset/${after.dataset_id}`,
        datasetRoles[after.role] ?? after.role,
        after.user_by_email ? `serviceAccount:${after.user_by_email}` : after.iam_member,
      )
    default:
      return []
  }
}
