/** A routine as REST shows it, and as REST gives it; JavaScript, Spark and remote functions are refused by name. */
import type { RoutineRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  isRecord,
  makeEtag,
  present,
  record,
  refuseAsked,
  requiredText,
  text,
  type Body,
} from '../engine/request-body.ts'
import { readStandardType, writeStandardType } from '../engine/standard-types.ts'
import type { ArgumentMode, RoutineBody } from '../sql/types.ts'

const TYPES = {
  SCALAR: 'SCALAR_FUNCTION',
  AGGREGATE: 'AGGREGATE_FUNCTION',
  TABLE: 'TABLE_VALUED_FUNCTION',
  PROCEDURE: 'PROCEDURE',
} as const

export function routineResource(routine: RoutineRecord): Record<string, unknown> {
  return present({
    etag: makeEtag(routine.uid, routine.version),
    routineReference: routine.reference,
    routineType: TYPES[routine.kind],
    creationTime: String(routine.creationMs),
    lastModifiedTime: String(routine.modifiedMs),
    language: 'SQL',
    arguments: routine.arguments.map(({ name, field, mode }) =>
      field
        ? { name, ...(mode ? { mode } : {}), dataType: writeStandardType(field) }
        : { name, argumentKind: 'ANY_TYPE' },
    ),
    returnType: routine.returns ? writeStandardType(routine.returns) : undefined,
    returnTableType: routine.returnsTable
      ? {
          columns: routine.returnsTable.map((field) => ({
            name: field.name,
            type: writeStandardType(field),
          })),
        }
      : undefined,
    definitionBody: routine.body,
    description: routine.description,
    strictMode: routine.isStrict,
  })
}

/** @param mask names of members, by comma; without one a list shows neither bodies nor descriptions. */
export function routineListItem(routine: RoutineRecord, mask: string | null): Record<string, unknown> {
  const whole = routineResource(routine)
  if (mask !== null) {
    const wanted = new Set(['routineReference', ...mask.split(',')])
    const unknown = [...wanted].find((name) => name.includes('.'))
    if (unknown !== undefined) throw unsupported(`The read mask ${unknown}`)
    return Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.has(name)))
  }
  const { etag, routineReference, routineType, creationTime, lastModifiedTime, language } = whole
  return { etag, routineReference, routineType, creationTime, lastModifiedTime, language }
}

const REFUSED = [
  'importedLibraries',
  'sparkOptions',
  'pythonOptions',
  'remoteFunctionOptions',
  'dataGovernanceType',
  'determinismLevel',
  'externalRuntimeOptions',
  'securityMode',
]

function readMode(kind: RoutineBody['kind'], item: Body): { mode?: ArgumentMode } {
  const mode = text(item, 'mode')
  if (mode === undefined || mode === 'MODE_UNSPECIFIED' || kind !== 'PROCEDURE') return {}
  if (mode !== 'IN' && mode !== 'OUT' && mode !== 'INOUT') throw invalid(`Invalid argument mode: ${mode}`)
  return { mode }
}

export function readRoutine(body: Body): RoutineBody & { description?: string } {
  const type = requiredText(body, 'routineType')
  const language = text(body, 'language') ?? 'SQL'
  if (language === 'JAVASCRIPT') throw unsupported('A JavaScript function')
  if (language !== 'SQL' && language !== 'LANGUAGE_UNSPECIFIED') throw unsupported(`A routine in ${language}`)
  const kind = (Object.keys(TYPES) as (keyof typeof TYPES)[]).find((one) => TYPES[one] === type)
  if (!kind) throw unsupported(`A routine of type ${type}`)
  refuseAsked(body, kind === 'PROCEDURE' ? REFUSED : [...REFUSED, 'strictMode'], 'Routine')
  const given = Array.isArray(body.arguments) ? body.arguments : []
  const table = record(body, 'returnTableType')
  const columns = Array.isArray(table?.columns) ? table.columns : undefined
  const description = text(body, 'description')
  return {
    kind,
    arguments: given.map((item: unknown) => {
      if (!isRecord(item)) throw invalid("Invalid value at 'arguments'.")
      const name = requiredText(item, 'name')
      if (item.argumentKind === 'ANY_TYPE') {
        if (kind === 'PROCEDURE') throw unsupported('ANY TYPE as an argument of a procedure')
        return { name }
      }
      return { name, field: readStandardType(item.dataType, name), ...readMode(kind, item) }
    }),
    body: requiredText(body, 'definitionBody'),
    ...(body.returnType ? { returns: readStandardType(body.returnType, '') } : {}),
    ...(columns
      ? {
          returnsTable: columns.map((column: unknown) => {
            const part = isRecord(column) ? column : {}
            return readStandardType(part.type, requiredText(part, 'name'))
          }),
        }
      : {}),
    ...(description ? { description } : {}),
    ...(kind === 'PROCEDURE' && typeof body.strictMode === 'boolean' ? { isStrict: body.strictMode } : {}),
  }
}
