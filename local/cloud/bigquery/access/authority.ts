/**
 * Decides who may do what: access.yaml, the dataset's own access entries and authorized views; it changes
 * nothing.
 */
import type { Access, Environment, Principal, Resource } from '../../kernel.ts'
import type { RoutineReference, TableReference, Via } from '../sql/types.ts'
import { tableKey } from '../engine/names.ts'
import type { AccessEntry, DatasetRecord, TableRecord } from '../engine/records.ts'
import { isGrantedBy } from './grants.ts'
import { datasetDenied, projectDenied, queryDenied, routineDenied, tableDenied } from '../engine/refusals.ts'
import { routineKey, type Warehouse } from '../engine/warehouse.ts'

export class Authority {
  readonly #access: Access
  readonly #project: string
  readonly #warehouse: Warehouse

  constructor(access: Access, environment: Environment, warehouse: Warehouse) {
    this.#access = access
    this.#project = environment.project
    this.#warehouse = warehouse
  }

  mayOnProject(principal: Principal, permission: string): boolean {
    return this.#access.allows(principal, permission, this.#projectResource())
  }

  requireOnProject(principal: Principal, permission: string): void {
    if (!this.mayOnProject(principal, permission)) throw projectDenied(this.#project, permission)
  }

  mayOnDataset(principal: Principal, permission: string, datasetId: string): boolean {
    return this.#may(principal, permission, datasetId, {
      name: `projects/${this.#project}/datasets/${datasetId}`,
      type: 'bigquery.googleapis.com/Dataset',
      service: 'bigquery.googleapis.com',
    })
  }

  requireOnDataset(principal: Principal, permission: string, datasetId: string): void {
    if (!this.mayOnDataset(principal, permission, datasetId))
      throw datasetDenied(this.#project, datasetId, permission)
  }

  mayOnTable(principal: Principal, permission: string, reference: TableReference): boolean {
    const owner = this.#warehouse.tables.get(tableKey(reference))?.ownerMember
    if (owner !== undefined) return owner === principal.member
    const name = `projects/${this.#project}/datasets/${reference.datasetId}/tables/${reference.tableId}`
    const { grants = [] } = this.#warehouse.tables.get(tableKey(reference)) ?? {}
    const resource = {
      name,
      type: 'bigquery.googleapis.com/Table',
      service: 'bigquery.googleapis.com',
    }
    const hasRole = (role: string): boolean => this.#access.roleHas(role, permission)
    if (!isGrantedBy(grants, principal, isFor, hasRole))
      return this.#may(principal, permission, reference.datasetId, resource)
    this.#access.decided({ principal, permission, resource, allowed: true })
    return true
  }

  requireOnTable(principal: Principal, permission: string, reference: TableReference): void {
    if (!this.mayOnTable(principal, permission, reference)) throw tableDenied(reference, permission)
  }

  /**
   * Reading a name in a query: the reader's own right, or the right of the view through which it is reached
   * (only the nearest view counts).
   */
  requireToQuery(principal: Principal, reference: TableReference, via: readonly Via[]): void {
    if (this.mayOnTable(principal, 'bigquery.tables.getData', reference)) return
    const last = via.at(-1)
    if (
      last?.isRoutine
        ? this.#isAuthorizedRoutine(last, reference.datasetId)
        : last && this.isAuthorizedView(last, reference.datasetId)
    )
      return
    throw queryDenied(reference)
  }

  requireOnRoutine(principal: Principal, permission: string, reference: RoutineReference): void {
    if (!this.mayOnRoutine(principal, permission, reference)) throw routineDenied(reference, permission)
  }

  mayOnRoutine(principal: Principal, permission: string, reference: RoutineReference): boolean {
    const name = `projects/${this.#project}/datasets/${reference.datasetId}/routines/${reference.routineId}`
    return this.#may(principal, permission, reference.datasetId, {
      name,
      type: 'bigquery.googleapis.com/Routine',
      service: 'bigquery.googleapis.com',
    })
  }

  /** True when the source dataset lets this very function read everything in it. */
  #isAuthorizedRoutine({ projectId, datasetId, tableId }: Via, sourceDatasetId: string): boolean {
    const record = this.#warehouse.routines.get(routineKey({ projectId, datasetId, routineId: tableId }))
    const entries = this.#warehouse.dataset(sourceDatasetId)?.access ?? []
    return entries.some(
      ({ routine, viewUid }) =>
        record !== undefined &&
        routine !== undefined &&
        routine.projectId === projectId &&
        routineKey(routine) === routineKey(record.reference) &&
        viewUid === record.uid,
    )
  }

  /** True when the view, or all views of its dataset, may read everything in the source dataset. */
  isAuthorizedView(view: TableReference, sourceDatasetId: string): boolean {
    const source = this.#warehouse.dataset(sourceDatasetId)
    const record = this.#warehouse.tables.get(tableKey(view))
    if (!source || record?.kind !== 'VIEW' || record.external) return false
    return source.access.some((entry) => entryNames(entry, record) || entryNamesDatasetOf(entry, view))
  }

  /**
   * Datasets that authorize this view, which may be still to come, or all views of its dataset: its query says
   * what they give away.
   */
  authorizersOf(view: TableReference): DatasetRecord[] {
    const record = this.#warehouse.tables.get(tableKey(view))
    return [...this.#warehouse.datasets.values()].filter((dataset) =>
      dataset.access.some(
        (entry) => (record !== undefined && entryNames(entry, record)) || entryNamesDatasetOf(entry, view),
      ),
    )
  }

  #projectResource(): Resource {
    return {
      name: `projects/${this.#project}`,
      type: 'cloudresourcemanager.googleapis.com/Project',
      service: 'cloudresourcemanager.googleapis.com',
    }
  }

  #may(principal: Principal, permission: string, datasetId: string, resource: Resource): boolean {
    const allowed = this.#isGranted(principal, permission, datasetId, resource)
    this.#access.decided({ principal, permission, resource, allowed })
    return allowed
  }

  #isGranted(principal: Principal, permission: string, datasetId: string, resource: Resource): boolean {
    const dataset = this.#warehouse.dataset(datasetId)
    if (
      dataset?.access.some(
        (entry) =>
          isFor(entry, principal) && entry.role !== undefined && this.#access.roleHas(entry.role, permission),
      )
    )
      return true
    if (!this.#access.grants(principal, permission, resource)) return false
    if (this.#access.grants(principal, permission, this.#projectResource())) return true
    // A binding that access.yaml puts on the dataset lives on as its access entry: whoever removed the entry
    // removed the right.
    const fromFile = this.#access
      .datasetBindings(datasetId)
      .some(
        (binding) => isMember(binding.member, principal) && this.#access.roleHas(binding.role, permission),
      )
    return !(dataset && fromFile)
  }
}

function entryNames(entry: AccessEntry, view: TableRecord): boolean {
  return (
    entry.view !== undefined &&
    tableKey(entry.view) === tableKey(view.reference) &&
    entry.view.projectId === view.reference.projectId &&
    entry.viewUid === view.uid
  )
}

function entryNamesDatasetOf({ dataset }: AccessEntry, view: TableReference): boolean {
  return (
    dataset?.dataset.datasetId === view.datasetId &&
    dataset.dataset.projectId === view.projectId &&
    dataset.targetTypes.includes('VIEWS')
  )
}

function isMember(member: string, principal: Principal): boolean {
  if (member === principal.member || principal.memberSets.includes(member) || member === 'allUsers')
    return true
  return member === 'allAuthenticatedUsers' && principal.member !== 'allUsers'
}

function isFor(entry: AccessEntry, principal: Principal): boolean {
  if (entry.userByEmail !== undefined)
    return (
      entry.userByEmail.toLowerCase() === principal.email.toLowerCase() &&
      /^(serviceAccount|user):/.test(principal.member)
    )
  if (entry.iamMember !== undefined) return isMember(entry.iamMember, principal)
  if (entry.domain !== undefined)
    return (
      principal.member.startsWith('user:') &&
      principal.email.toLowerCase().endsWith(`@${entry.domain.toLowerCase()}`)
    )
  // Project-wide groups get their rights from the project's own bindings in access.yaml; groups have no
  // members here.
  return entry.specialGroup === 'allAuthenticatedUsers' && principal.member !== 'allUsers'
}
