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
import { outputObject } from '../../local/cloud/dataproc/batch-record.ts'
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

  it('makes no network where one exists, and attaches batches and Composer to it', async () => {
    const shared = await openWorkspace()
    try {
      const file = join(shared.folder, 'environments/dev/environment.yaml')
      const text = await readFile(file, 'utf8')
      const [vpc, subnetwork] = ['global/networks/shared', 'regions/us-central1/subnetworks/shared'].map(
        (path) => `projects/host-project/${path}`,
      )
      const planOfShared = async (network: string) => {
        await writeFile(file, text.replace(/^network:\n( .*\n)+/m, network))
        const { resource_changes: changes } = await shared.plan('environments/dev')
        const after = changes.find(({ type }: any) => type === 'google_composer_environment').change.after
        return {
          made: changes.filter(({ type }: any) => type.startsWith('google_compute_')),
          node: after.config[0].node_config[0],
          variables: after.config[0].software_config[0].env_variables,
        }
      }
      const named = await planOfShared(
        `network:\n  vpc: ${vpc}\n  subnetwork: ${subnetwork}\n  range: none\n  cloudNat: false\n  flowLogs: false\n  attachComposer: true\n`,
      )
      expect(named).toMatchObject({
        made: [],
        node: { network: vpc, subnetwork },
        variables: { AIRFLOW_VAR_CAEC_SUBNETWORK: subnetwork },
      })
      const none = await planOfShared('')
      expect(none.made).toEqual([])
      expect(none.node).not.toHaveProperty('subnetwork', subnetwork)
      expect(none.variables).not.toHaveProperty('AIRFLOW_VAR_CAEC_SUBNETWORK')
    } finally {
      await shared.close()
    }
  })

  it('tells Composer the first day of a backfill and when sessions end, as the environment says', async () => {
    const other = await openWorkspace()
    try {
      const file = join(other.folder, 'environments/dev/environment.yaml')
      const text = await readFile(file, 'utf8')
      const planOfPipeline = async (group: string) => {
        await writeFile(file, text.replace(/^pipeline:\n( .*\n)+/m, group))
        const { resource_changes: changes } = await other.plan('environments/dev')
        const { after } = changes.find(({ type }: any) => type === 'google_composer_environment').change
        return after.config[0].software_config[0]
      }
      expect(
        await planOfPipeline(
          "pipeline:\n  firstDay: '2024-02-29'\n  sessionMaxHours: 12\n  sessionGapMinutes: 10\n",
        ),
      ).toMatchObject({
        airflow_config_overrides: { 'caec-start_date': '2024-02-29' },
        env_variables: {
          AIRFLOW_VAR_CAEC_SESSION_MAX_HOURS: '12',
          AIRFLOW_VAR_CAEC_SESSION_GAP_MINUTES: '10',
        },
      })
      const silent = await planOfPipeline('')
      expect(silent.airflow_config_overrides).not.toHaveProperty('caec-start_date')
      expect(Object.keys(silent.env_variables)).not.toContain('AIRFLOW_VAR_CAEC_SESSION_GAP_MINUTES')
    } finally {
      await other.close()
    }
  })

  it("has the budget's calls counted on the environment's project, where the identity that plans may read it", async () => {
    const plan = await planOf('prod')
    const budget = plan.resource_changes.find(({ type }: any) => type === 'google_billing_budget')
    expect(budget.change.after.budget_filter[0].projects).toEqual(['projects/100000000002'])
    const { resources } = plan.configuration.root_module.module_calls.budget.module
    expect(resources[0].provider_config_key).toBe('google.budget')
    expect(plan.configuration.provider_config['google.budget'].expressions.user_project_override).toEqual({
      constant_value: true,
    })
    const planner = plan.resource_changes.find(({ change }: any) => change.after?.role_id === 'caecPlanner')
    expect(planner.change.after.permissions).toEqual(
      expect.arrayContaining(['billing.resourcebudgets.read', 'serviceusage.services.use']),
    )
  })

  it('ages out what drivers wrote, and neither staged code nor the state of dbt', async () => {
    const { resource_changes: changes } = await planOf('dev')
    const deleting = changes
      .filter(({ type }: any) => type === 'google_storage_bucket')
      .flatMap(({ change }: any) => change.after.lifecycle_rule)
      .filter(
        ({ action, condition }: any) => action[0].type === 'Delete' && condition[0].with_state !== 'ARCHIVED',
      )
    expect(deleting.map(({ condition: [{ age, matches_prefix: prefix }] }: any) => [age, prefix])).toEqual([
      [30, ['google-cloud-dataproc-metainfo/']],
    ])
    expect(outputObject({ uuid: 'u' })).toMatch(/^google-cloud-dataproc-metainfo\//)
  })

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
