// Turns `terraform show -json PLAN` into lines that a reviewer reads: what is made, changed, replaced or
// destroyed, and each grant in words. It shows no value it does not know to be harmless.
import { readFileSync, appendFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const marks = { create: '+', update: '~', delete: '-', replace: '±', forget: 'forget' }

/** What of a resource tells a reviewer enough; a type that is not here shows its address alone. */
const described = {
  google_project_service: (it) => it.service,
  google_storage_bucket: (it) =>
    `${it.name}: ${[it.location, it.uniform_bucket_level_access && 'uniform access', `public access ${it.public_access_prevention}`, `versions ${on(it.versioning?.[0]?.enabled)}`, `soft delete ${days(it.soft_delete_policy?.[0]?.retention_duration_seconds)}`, ...(it.lifecycle_rule ?? []).map(rule), `destroy: ${it.deletion_policy}`].filter(Boolean).join(', ')}`,
  google_bigquery_dataset: (it) =>
    `${it.dataset_id}: ${it.location}, time travel ${it.max_time_travel_hours} h, destroy: ${it.deletion_policy}, owners at creation: ${(it.access ?? []).map((entry) => `${entry.role} ${entry.special_group || entry.user_by_email || entry.iam_member}`).join(', ')}`,
  google_artifact_registry_repository: (it) =>
    `${it.repository_id}: ${it.format}, ${it.location}, immutable tags ${on(it.docker_config?.[0]?.immutable_tags)}, destroy: ${it.deletion_policy}`,
  google_composer_environment: (it) =>
    `${it.name}: ${it.region}, ${it.config?.[0]?.software_config?.[0]?.image_version}, ${it.config?.[0]?.environment_size}, as ${it.config?.[0]?.node_config?.[0]?.service_account}, on ${it.storage_config?.[0]?.bucket}${it.config?.[0]?.node_config?.[0]?.subnetwork ? `, in ${it.config[0].node_config[0].subnetwork}` : ''}`,
  google_compute_network: (it) =>
    `${it.name}: ${it.auto_create_subnetworks ? 'a subnet in every region' : 'subnets by hand'}`,
  google_compute_subnetwork: (it) =>
    `${it.name}: ${it.region}, ${it.ip_cidr_range}, Private Google Access ${on(it.private_ip_google_access)}, flow logs ${on(it.log_config?.length)}`,
  google_compute_firewall: (it) =>
    `${it.name}: ${it.direction} from ${ranges(it.source_ranges)} to ${ranges(it.destination_ranges)}, ${[...(it.allow ?? []).map((rule) => ports('allow', rule)), ...(it.deny ?? []).map((rule) => ports('deny', rule))].join(', ')}`,
  google_compute_router: (it) => `${it.name}: ${it.region}`,
  google_compute_router_nat: (it) => `${it.name}: ${it.region}, ${it.source_subnetwork_ip_ranges_to_nat}`,
  google_service_account: (it) => it.account_id,
  google_project_iam_custom_role: (it) => `${it.role_id}: ${[...(it.permissions ?? [])].sort().join(' ')}`,
  google_project_iam_member: (it) => grant(`project ${it.project}`, it),
  google_storage_bucket_iam_member: (it) => grant(`bucket ${it.bucket}`, it),
  google_bigquery_dataset_access: (it) =>
    grant(`dataset ${it.dataset_id}`, {
      ...it,
      member:
        it.user_by_email ||
        it.iam_member ||
        it.group_by_email ||
        it.special_group ||
        it.domain ||
        'an authorized view, routine or dataset',
    }),
  google_service_account_iam_member: (it) =>
    grant(`service account ${it.service_account_id?.split('/').at(-1)}`, it),
  google_iam_workload_identity_pool: (it) =>
    `${it.workload_identity_pool_id}: ${it.disabled ? 'disabled' : 'enabled'}`,
  google_iam_workload_identity_pool_provider: (it) =>
    `${it.workload_identity_pool_provider_id}: ${it.disabled ? 'disabled' : 'enabled'}, issuer ${it.oidc?.[0]?.issuer_uri}, audiences ${(it.oidc?.[0]?.allowed_audiences ?? []).join(' ') || 'its own name'}, condition ${it.attribute_condition}, mapping ${Object.entries(
      it.attribute_mapping ?? {},
    )
      .map(([name, expression]) => `${name} = ${expression}`)
      .sort()
      .join('; ')}`,
  google_monitoring_alert_policy: (it) => it.display_name,
  google_monitoring_notification_channel: (it) => `${it.type} ${it.labels?.email_address ?? ''}`.trim(),
  google_logging_metric: (it) => it.name,
  google_billing_budget: (it) =>
    `${it.display_name}: ${it.amount?.[0]?.specified_amount?.[0]?.units} ${it.amount?.[0]?.specified_amount?.[0]?.currency_code} a month`,
}

const ranges = (list) => [...(list ?? [])].sort().join(' ') || 'anywhere'
const ports = (verb, { protocol, ports: list }) => `${verb} ${[protocol, ...(list ?? [])].join(' ')}`
const on = (value) => (value ? 'on' : 'off')
const days = (seconds) => `${Number(seconds ?? 0) / 86_400} days`
const rule = ({ action, condition }) =>
  `${action?.[0]?.type}${action?.[0]?.storage_class ? ` ${action[0].storage_class}` : ''} after ${condition?.[0]?.days_since_noncurrent_time || condition?.[0]?.age} days${condition?.[0]?.with_state === 'ARCHIVED' ? ' as an old version' : ''}${condition?.[0]?.matches_prefix?.length ? ` below ${condition[0].matches_prefix.join(' ')}` : ''}`
const grant = (where, { role, member, condition }) =>
  `${where}: ${role} to ${member}${condition?.[0] ? ` if ${condition[0].title}: ${condition[0].expression}` : ''}`
const oneLine = (text) => String(text).replaceAll(/\s+/g, ' ').trim()

/** `lines` are sorted by resource; `isDestructive` when something that exists goes away. */
export function summarize(plan) {
  const entries = []
  const counts = { create: 0, update: 0, replace: 0, delete: 0, forget: 0 }
  for (const { address, type, mode, change } of plan.resource_changes ?? []) {
    const kind = change.actions.length > 1 ? 'replace' : change.actions[0]
    if (mode === 'data' || kind === 'no-op' || kind === 'read') continue
    if (!(kind in counts))
      throw new Error(`the plan has an action that is not known here: ${change.actions.join(', ')}`)
    counts[kind] += 1
    const describe = described[type]
    const words = (value) => (describe ? `${type} ${oneLine(describe(value))}` : address)
    if (kind === 'update') {
      // A grant's or a role's words are the change; of anything else the names of what changes.
      const [before, after] = [words(change.before), words(change.after)]
      const names = Object.keys({ ...change.before, ...change.after })
        .filter(
          (name) =>
            change.after_unknown?.[name] !== true &&
            JSON.stringify(change.before?.[name]) !== JSON.stringify(change.after?.[name]),
        )
        .sort()
      entries.push(
        `${marks[kind]} ${after}${before === after ? '' : `\n    was: ${before}`}\n    changes: ${names.join(', ') || 'computed values only'}`,
      )
    } else entries.push(`${marks[kind]} ${words(change.after ?? change.before)}`)
  }
  const afterMark = (line) => line.slice(line.indexOf(' ') + 1)
  const lines = entries.sort((a, b) =>
    afterMark(a) < afterMark(b) ? -1 : afterMark(a) > afterMark(b) ? 1 : 0,
  )
  const outputs = Object.values(plan.output_changes ?? {}).filter(
    ({ actions }) => actions[0] !== 'no-op',
  ).length
  const title = `${counts.create} to create, ${counts.update} to update, ${counts.replace} to replace, ${counts.delete} to destroy, ${counts.forget} to forget, ${outputs} outputs change`
  return {
    title,
    lines,
    counts,
    isEmpty: lines.length === 0 && outputs === 0,
    isDestructive: counts.replace + counts.delete > 0,
  }
}

/** Fenced with more backticks than any line holds: a name in a pull request cannot end the block. */
export function toMarkdown({ title, lines, isDestructive }, heading) {
  const fence = '`'.repeat(
    Math.max(3, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1))),
  )
  const warning = isDestructive ? '\n> [!CAUTION]\n> Something that exists is destroyed or replaced.\n' : ''
  const shown = lines.join('\n')
  const limit = 900_000
  const body =
    shown.length > limit ? `${shown.slice(0, limit)}\n… cut off; the whole plan is in the log` : shown
  return `### ${heading}\n\n${title}\n${warning}\n${lines.length === 0 ? 'Nothing changes.' : `${fence}text\n${body}\n${fence}`}\n`
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, heading = 'Terraform plan'] = process.argv.slice(2)
  try {
    if (!file) throw new Error('usage: summarize.mjs PLAN.json [HEADING]')
    const summary = summarize(JSON.parse(readFileSync(file, 'utf8')))
    process.stdout.write(`${summary.title}\n${summary.lines.join('\n')}\n`)
    if (process.env.GITHUB_STEP_SUMMARY)
      appendFileSync(process.env.GITHUB_STEP_SUMMARY, toMarkdown(summary, heading))
    if (process.env.GITHUB_OUTPUT)
      appendFileSync(
        process.env.GITHUB_OUTPUT,
        `is-empty=${summary.isEmpty}\nis-destructive=${summary.isDestructive}\n`,
      )
  } catch (error) {
    process.stderr.write(`summarizing the plan: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
