/** A routine as REST shows it, and as REST gives it; JavaScript, procedures and remote functions are refused by name. */
import type { RoutineRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import { isRecord, makeEtag, present, record, requiredText, text, type Body } from '../engine/request-body.ts'
import { readStandardType, writeStandardType } from '../engine/standard-types.ts'
import type { RoutineBody } from '../sql/types.ts'

const TYPES = { SCALAR: 'SCALAR_FUNCTION', TABLE: 'TABLE_VALUED_FUNCTION' } as const

export function routineResource(routine: RoutineRecord): Record<string, unknown> {
  return present({
    etag: makeEtag(routine.uid, routine.version),
    routineReference: routine.reference,
    routineType: TYPES[routine.kind],
    creationTime: String(routine.creationMs),
    lastModifiedTime: String(routine.modifiedMs),
    language: 'SQL',
    arguments: routine.arguments.map(({ name, field }) =>
      field ? { name, dataType: writeStandardType(field) } : { name, argumentKind: 'ANY_TYPE' },
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
]

export function readRoutine(body: Body): RoutineBody & { description?: string } {
  const type = requiredText(body, 'routineType')
  const language = text(body, 'language') ?? 'SQL'
  if (language === 'JAVASCRIPT') throw unsupported('A JavaScript function')
  if (language !== 'SQL' && language !== 'LANGUAGE_UNSPECIFIED') throw unsupported(`A routine in ${language}`)
  const kind = type === TYPES.SCALAR ? 'SCALAR' : type === TYPES.TABLE ? 'TABLE' : undefined
  if (!kind) throw unsupported(`A routine of type ${type}`)
  for (const name of REFUSED) {
    const value = body[name]
    if (value !== undefined && value !== null && JSON.stringify(value) !== '[]')
      throw unsupported(`Routine.${name}`)
  }
  const given = Array.isArray(body.arguments) ? body.arguments : []
  const table = record(body, 'returnTableType')
  const columns = Array.isArray(table?.columns) ? table.columns : undefined
  const description = text(body, 'description')
  return {
    kind,
    arguments: given.map((item: unknown) => {
      if (!isRecord(item)) throw invalid("Invalid value at 'arguments'.")
      const name = requiredText(item, 'name')
      return item.argumentKind === 'ANY_TYPE'
        ? { name }
        : { name, field: readStandardType(item.dataType, name) }
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
  }
}
