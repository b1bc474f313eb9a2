/**
 * tables.getIamPolicy, setIamPolicy and testIamPermissions: the same lines that GRANT and REVOKE write. Conditions are
 * refused by name.
 */
import { CloudError, type CloudRequest, type Reply } from '../../kernel.ts'
import { readGrants } from '../access/grants.ts'
import { tableKey } from '../engine/names.ts'
import type { Grant, TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  count,
  isRecord,
  makeEtag,
  record,
  refuseAsked,
  requiredText,
  text,
  texts,
} from '../engine/request-body.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import type { Room } from '../room.ts'
import { findTable, referenceOfRequest } from './tables.ts'

function policyOf({ uid, grants = [] }: TableRecord): Record<string, unknown> {
  const roles = [...new Set(grants.map(({ role }) => role))]
  const bindings = roles.map((role) => ({
    role,
    members: grants.filter((grant) => grant.role === role).map(({ member }) => member),
  }))
  return {
    version: 1,
    etag: makeEtag(`${uid} ${JSON.stringify(grants)}`, grants.length),
    ...(bindings.length ? { bindings } : {}),
  }
}

export function getTablePolicy(room: Room, request: CloudRequest): Reply {
  const reference = referenceOfRequest(room, request)
  room.authority.requireOnTable(request.principal, 'bigquery.tables.getIamPolicy', reference)
  return { json: policyOf(findTable(room, reference)) }
}

export async function setTablePolicy(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  const body = await request.json()
  refuseAsked(body, ['updateMask'], 'SetIamPolicyRequest', {
    updateMask: ['bindings', 'bindings,etag', 'bindings, etag', 'bindings,etag,version'],
  })
  const policy = record(body, 'policy')
  if (!policy) throw invalid('Required parameter is missing: policy')
  // Versions differ only for bindings with a condition, which are refused here.
  const version = count(policy, 'version') ?? 0
  if (![0, 1, 3].includes(version)) throw invalid(`Invalid value at 'policy.version': ${version}`)
  if (Array.isArray(policy.auditConfigs) && policy.auditConfigs.length > 0)
    throw unsupported('Policy.auditConfigs of a table')
  return room.warehouse.lock([tableKey(reference)], async () => {
    room.authority.requireOnTable(request.principal, 'bigquery.tables.setIamPolicy', reference)
    const before = findTable(room, reference)
    const etag = text(policy, 'etag')
    if (etag !== undefined && etag !== '' && etag !== policyOf(before).etag)
      throw new CloudError(
        409,
        'aborted',
        'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.',
      )
    const after = { ...before, version: before.version + 1, grants: readBindings(room, policy.bindings) }
    const change = new Change()
    change.putTable(after)
    change.verify.push(unchanged(room.warehouse, reference, before))
    await room.warehouse.commit(change)
    return { json: policyOf(after) }
  })
}

function readBindings(room: Room, given: unknown): Grant[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw invalid("Invalid value at 'policy.bindings': a list is expected.")
  return given.flatMap((binding: unknown) => {
    if (!isRecord(binding)) throw invalid("Invalid value at 'policy.bindings': objects are expected.")
    if (binding.condition !== undefined && binding.condition !== null)
      throw unsupported('A condition in the policy of a table')
    const members = texts(binding, 'members') ?? []
    return readGrants(room.access, room.environment, [requiredText(binding, 'role')], members)
  })
}

export async function testTablePermissions(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  findTable(room, reference)
  const asked = texts(await request.json(), 'permissions') ?? []
  const held = asked.filter((permission) =>
    room.authority.mayOnTable(request.principal, permission, reference),
  )
  return { json: held.length > 0 ? { permissions: held } : {} }
}
