/**
 * `Dataset.access[]` as clients write it and as it is kept: checks each entry, uses legacy role names, binds
 * views to their identity.
 */
import type { Access } from '../../kernel.ts'
import { tableKey } from '../engine/names.ts'
import type { AccessEntry, Grant } from '../engine/records.ts'
import { datasetNotFound, invalid, routineNotFound, tableNotFound, unsupported } from '../engine/refusals.ts'
import { isRecord, requiredText, texts, type Body } from '../engine/request-body.ts'
import { routineKey, type Warehouse } from '../engine/warehouse.ts'

const legacyRoles: Readonly<Record<string, string>> = {
  'roles/bigquery.dataViewer': 'READER',
  'roles/bigquery.dataEditor': 'WRITER',
  'roles/bigquery.dataOwner': 'OWNER',
}
const granteeFields = ['userByEmail', 'groupByEmail', 'domain', 'specialGroup', 'iamMember'] as const
const specialGroups = ['projectOwners', 'projectReaders', 'projectWriters', 'allAuthenticatedUsers']
const maximumAuthorizedResources = 2500

export function parseAccess(
  given: unknown,
  before: readonly AccessEntry[],
  warehouse: Warehouse,
): AccessEntry[] {
  if (!Array.isArray(given)) throw invalid("Invalid value at 'access': a list is expected.")
  const seen = new Set<string>()
  const entries: AccessEntry[] = []
  for (const item of given) {
    if (!isRecord(item)) throw invalid("Invalid value at 'access': objects are expected.")
    const entry = parseEntry(item, before, warehouse)
    const key = entryKey(entry)
    if (seen.has(key) && (entry.view || entry.dataset || entry.routine))
      throw invalid(`Duplicate authorized views are not supported: ${key}`)
    if (!seen.has(key)) entries.push(entry)
    seen.add(key)
  }
  const authorized = entries.filter((entry) => entry.view || entry.dataset || entry.routine).length
  if (authorized > maximumAuthorizedResources)
    throw invalid(`A dataset can have at most ${maximumAuthorizedResources} authorized resources.`)
  return entries
}

function parseEntry(item: Body, before: readonly AccessEntry[], warehouse: Warehouse): AccessEntry {
  if (item.condition !== undefined && item.condition !== null)
    throw unsupported('A condition in a dataset access entry')
  if (item.view) return parseView(item.view as Body, before, warehouse)
  if (item.dataset) return parseDataset(item.dataset as Body, warehouse)
  if (item.routine) {
    return parseRoutine(item.routine as Body, before, warehouse)
  }
  const grantees = granteeFields.filter((field) => item[field] !== undefined && item[field] !== null)
  if (grantees.length !== 1)
    throw invalid(
      `An access entry must have exactly one of ${granteeFields.join(', ')}, view, routine, dataset.`,
    )
  const field = grantees[0]!
  const role = requiredText(item, 'role')
  const grantee = requiredText(item, field)
  if (field === 'specialGroup' && !specialGroups.includes(grantee))
    throw invalid(`Invalid special group: ${grantee}`)
  if (!/^(READER|WRITER|OWNER|roles\/[\w.]+|(projects|organizations)\/[^/]+\/roles\/[\w.]+)$/.test(role))
    throw invalid(`Invalid role: ${role}`)
  return { role: legacyRoles[role] ?? role, [field]: grantee }
}

function parseView(view: Body, before: readonly AccessEntry[], warehouse: Warehouse): AccessEntry {
  const reference = {
    projectId: requiredText(view, 'projectId'),
    datasetId: requiredText(view, 'datasetId'),
    tableId: requiredText(view, 'tableId'),
  }
  const record = warehouse.tables.get(tableKey(reference))
  if (record?.kind === 'VIEW' && !record.external) return { view: reference, viewUid: record.uid }
  if (record)
    throw invalid(`${reference.projectId}:${reference.datasetId}.${reference.tableId} is not a view.`)
  // A view deleted since stays listed for a while without giving anything; writing the list back must not
  // fail.
  const stale = before.find((entry) => entry.view && tableKey(entry.view) === tableKey(reference))
  if (!stale) throw tableNotFound(reference)
  return stale
}

/** Bound to the function itself: one made anew under the name must be authorized again. */
function parseRoutine(given: Body, before: readonly AccessEntry[], warehouse: Warehouse): AccessEntry {
  const routine = {
    projectId: requiredText(given, 'projectId'),
    datasetId: requiredText(given, 'datasetId'),
    routineId: requiredText(given, 'routineId'),
  }
  const record = warehouse.routines.get(routineKey(routine))
  if (record) return { routine, viewUid: record.uid }
  const stale = before.find((entry) => entry.routine && routineKey(entry.routine) === routineKey(routine))
  if (!stale) throw routineNotFound(routine)
  return stale
}

function parseDataset(given: Body, warehouse: Warehouse): AccessEntry {
  const reference = isRecord(given.dataset) ? given.dataset : {}
  const dataset = {
    projectId: requiredText(reference, 'projectId'),
    datasetId: requiredText(reference, 'datasetId'),
  }
  const targetTypes = texts(given, 'targetTypes') ?? []
  if (targetTypes.length === 0 || targetTypes.some((type) => type !== 'VIEWS'))
    throw invalid('targetTypes of an authorized dataset must be ["VIEWS"].')
  if (!warehouse.dataset(dataset.datasetId)) throw datasetNotFound(dataset.projectId, dataset.datasetId)
  return { dataset: { dataset, targetTypes } }
}

function entryKey(entry: AccessEntry): string {
  const { viewUid: _, ...shown } = entry
  return JSON.stringify(shown)
}

/** What clients see: our own bookkeeping stays inside. */
export function showAccess(entries: readonly AccessEntry[]): Omit<AccessEntry, 'viewUid'>[] {
  return entries.map(({ viewUid: _, ...entry }) => entry)
}

/** Bindings of access.yaml in the form of access entries. */
export function entriesOfBindings(bindings: ReturnType<Access['datasetBindings']>): AccessEntry[] {
  return bindings.map(({ role, member }) => {
    const [kind, name] = [member.slice(0, member.indexOf(':')), member.slice(member.indexOf(':') + 1)]
    const shown = legacyRoles[role] ?? role
    if (kind === 'user' || kind === 'serviceAccount') return { role: shown, userByEmail: name }
    if (kind === 'group') return { role: shown, groupByEmail: name }
    if (kind === 'domain') return { role: shown, domain: name }
    return member === 'allAuthenticatedUsers'
      ? { role: shown, specialGroup: member }
      : { role: shown, iamMember: member }
  })
}

/** The same the other way round; undefined for what is authorized instead of granted. */
export function bindingOf(entry: AccessEntry, project: string): Grant | undefined {
  const { role, userByEmail, groupByEmail, domain, specialGroup, iamMember } = entry
  if (role === undefined) return undefined
  const [full] = Object.entries(legacyRoles).find(([, legacy]) => legacy === role) ?? [role]
  if (userByEmail !== undefined) {
    const kind = userByEmail.endsWith('.gserviceaccount.com') ? 'serviceAccount' : 'user'
    return { role: full, member: `${kind}:${userByEmail}` }
  }
  if (groupByEmail !== undefined) return { role: full, member: `group:${groupByEmail}` }
  if (domain !== undefined) return { role: full, member: `domain:${domain}` }
  if (specialGroup !== undefined)
    return {
      role: full,
      member: specialGroup.startsWith('project')
        ? `${specialGroup.replace(/s$/, '').replace('Reader', 'Viewer').replace('Writer', 'Editor')}:${project}`
        : specialGroup,
    }
  return { role: full, member: iamMember! }
}

/**
 * Entries after a change of access.yaml: what the file gave before goes, what it gives now comes, everything
 * else stays.
 */
export function reconcile(
  entries: readonly AccessEntry[],
  before: readonly string[],
  now: readonly AccessEntry[],
): AccessEntry[] {
  const gone = new Set(before)
  const kept = entries.filter((entry) => !gone.has(entryKey(entry)))
  const known = new Set(kept.map(entryKey))
  return [...kept, ...now.filter((entry) => !known.has(entryKey(entry)))]
}
export const bindingKeys = (entries: readonly AccessEntry[]): string[] => entries.map(entryKey)

/** What BigQuery gives a dataset created without `access`. */
export function defaultAccess(creatorEmail: string): AccessEntry[] {
  return [
    { role: 'WRITER', specialGroup: 'projectWriters' },
    { role: 'OWNER', specialGroup: 'projectOwners' },
    { role: 'OWNER', userByEmail: creatorEmail },
    { role: 'READER', specialGroup: 'projectReaders' },
  ]
}
