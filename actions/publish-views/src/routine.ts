/**
 * Reads CREATE [TABLE] FUNCTION in SQL, and compares what it takes and gives with a function that is there. It
 * refuses by name what holds code of another language, and what is no function.
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_function_statement
 */
import type { Routine, RoutineType } from '../../_shared/dataset.ts'
import type { Cursor } from '../../_shared/sql-cursor.ts'

export type RoutineKind = Routine['kind']
export interface RoutineText {
  readonly routine: Routine
  readonly description?: string
  /** Characters before the body, and before what follows it. */
  readonly from: number
  readonly to?: number
}

/** As DDL spells them → as the API does. */
const TYPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'INT64 FLOAT64 BOOL NUMERIC BIGNUMERIC STRING BYTES DATE DATETIME TIME TIMESTAMP JSON GEOGRAPHY INTERVAL'
      .split(' ')
      .map((name) => [name, name]),
  ),
  ...Object.fromEntries(
    'INT INTEGER BIGINT SMALLINT TINYINT BYTEINT'.split(' ').map((name) => [name, 'INT64']),
  ),
  ...{ BOOLEAN: 'BOOL', DECIMAL: 'NUMERIC', BIGDECIMAL: 'BIGNUMERIC' },
}

/** After CREATE and OR REPLACE. @returns undefined when it is no function. */
export function readKind(cursor: Cursor): RoutineKind | undefined {
  if (cursor.accept('TEMP') || cursor.accept('TEMPORARY'))
    cursor.refuse('what is temporary is gone after its query; nothing of it can be published')
  if (cursor.accept('AGGREGATE FUNCTION')) cursor.refuse('an AGGREGATE FUNCTION is not published here')
  if (cursor.accept('PROCEDURE')) cursor.refuse('a PROCEDURE is not published here; functions are')
  if (cursor.accept('FUNCTION')) return 'SCALAR_FUNCTION'
  return cursor.accept('TABLE FUNCTION') ? 'TABLE_VALUED_FUNCTION' : undefined
}

/** From the argument list on. */
export function readRoutine(
  cursor: Cursor,
  kind: RoutineKind,
  readDescription: () => string | undefined,
): RoutineText {
  const given = readArguments(cursor)
  const isTable = kind === 'TABLE_VALUED_FUNCTION'
  const returns = cursor.accept('RETURNS')
    ? isTable
      ? readTable(cursor)
      : { returnType: readType(cursor) }
    : {}
  refuseOtherLanguages(cursor)
  const routine: Routine = { kind, arguments: given, ...returns }
  let description = isTable && cursor.accept('OPTIONS') ? readDescription() : undefined
  cursor.expect('AS')
  if (isTable) {
    if (cursor.next() === '') cursor.refuse('the query is missing')
    return { routine, description, from: cursor.at() }
  }
  cursor.expect('(')
  const from = cursor.at()
  for (let depth = 0; depth > 0 || cursor.next() !== ')'; cursor.skip()) {
    if (cursor.next() === '') cursor.refuse('the bracket around the expression is not closed')
    if (cursor.next() === '(') depth += 1
    if (cursor.next() === ')') depth -= 1
  }
  const to = cursor.at()
  if (to === from) cursor.refuse('the expression is missing')
  cursor.skip()
  refuseOtherLanguages(cursor)
  if (cursor.accept('OPTIONS')) description = readDescription()
  cursor.accept(';')
  if (cursor.next() !== '') cursor.refuse('a second statement begins here; a file holds one')
  return { routine, description, from, to }
}

function refuseOtherLanguages(cursor: Cursor): void {
  cursor.accept('NOT')
  cursor.accept('DETERMINISTIC')
  if (cursor.accept('REMOTE')) cursor.refuse('a REMOTE function is not published here; functions in SQL are')
  if (!cursor.accept('LANGUAGE')) return
  const language = cursor.name().toUpperCase()
  cursor.refuse(
    `a function in ${language === 'JS' ? 'JavaScript' : language} is not published here; functions in SQL are`,
  )
}

function readArguments(cursor: Cursor): Routine['arguments'] {
  cursor.expect('(')
  const given: { name: string; dataType?: RoutineType }[] = []
  if (cursor.accept(')')) return given
  do {
    const name = cursor.name()
    if (given.some((other) => other.name.toLowerCase() === name.toLowerCase()))
      cursor.refuse(`there are two arguments ${name}`)
    if (cursor.accept('ANY TYPE')) given.push({ name })
    else if (cursor.accept('TABLE')) cursor.refuse('an argument that is a TABLE is not read here')
    else given.push({ name, dataType: readType(cursor) })
  } while (cursor.accept(','))
  cursor.expect(')')
  return given
}

function readTable(cursor: Cursor): Pick<Routine, 'returnTable'> {
  cursor.expect('TABLE')
  cursor.expect('<')
  const columns: { name: string; type: RoutineType }[] = []
  do columns.push({ name: cursor.name(), type: readType(cursor) })
  while (cursor.accept(','))
  cursor.expect('>')
  return { returnTable: columns }
}

function readType(cursor: Cursor): RoutineType {
  if (cursor.accept('ARRAY')) {
    cursor.expect('<')
    const arrayElementType = readType(cursor)
    cursor.expect('>')
    return { typeKind: 'ARRAY', arrayElementType }
  }
  if (cursor.accept('STRUCT')) {
    cursor.expect('<')
    const fields: { name?: string; type: RoutineType }[] = []
    do {
      const place = cursor.next().toUpperCase()
      const isType = Object.hasOwn(TYPES, place) || place === 'ARRAY' || place === 'STRUCT'
      fields.push(isType ? { type: readType(cursor) } : { name: cursor.name(), type: readType(cursor) })
    } while (cursor.accept(','))
    cursor.expect('>')
    return { typeKind: 'STRUCT', structType: { fields } }
  }
  const name = cursor.next().toUpperCase()
  if (!Object.hasOwn(TYPES, name)) cursor.refuse(`the type ${cursor.next().slice(0, 40)} is not read here`)
  cursor.skip()
  if (cursor.next() === '(') cursor.refuse(`${name} has no length or precision in a function`)
  return { typeKind: TYPES[name]! }
}

export const isTemplate = (routine: Routine): boolean =>
  routine.arguments.some(({ dataType }) => dataType === undefined)

export function spelledType({ typeKind, arrayElementType, structType }: RoutineType): string {
  if (arrayElementType !== undefined) return `ARRAY<${spelledType(arrayElementType)}>`
  if (structType === undefined) return typeKind
  const fields = structType.fields ?? []
  return `STRUCT<${fields.map(({ name, type }) => `${name === undefined || name === '' ? '' : `\`${name}\` `}${spelledType(type)}`).join(', ')}>`
}
export const spelledArguments = (routine: Routine): string =>
  routine.arguments
    .map(({ name, dataType }) => `\`${name}\` ${dataType === undefined ? 'ANY TYPE' : spelledType(dataType)}`)
    .join(', ')
/** A call with nothing known but the types. */
export const callWithNulls = (name: string, routine: Routine): string =>
  `${name}(${routine.arguments.map(({ dataType }) => `CAST(NULL AS ${dataType === undefined ? 'INT64' : spelledType(dataType)})`).join(', ')})`

export const spelledReturns = ({ returnType, returnTable }: Routine): string =>
  returnTable === undefined
    ? returnType === undefined
      ? ''
      : ` RETURNS ${spelledType(returnType)}`
    : ` RETURNS TABLE<${returnTable.map(({ name, type }) => `\`${name}\` ${spelledType(type)}`).join(', ')}>`

const takes = (routine: Routine): string => `(${spelledArguments(routine).replaceAll('`', '')})`
const kindsOf = (routine: Routine): string =>
  JSON.stringify(routine.arguments.map(({ dataType }) => dataType && spelledType(dataType).toLowerCase()))
const gives = (routine: Routine): string =>
  spelledReturns(routine).replace(' RETURNS ', '').replaceAll('`', '') || 'what its body gives'

/** In words; empty when both say the same. */
export function signatureChanges(was: Routine, is: Routine): string[] {
  return [
    ...(takes(was).toLowerCase() === takes(is).toLowerCase()
      ? []
      : [`takes ${takes(is)} instead of ${takes(was)}`]),
    ...(gives(was).toLowerCase() === gives(is).toLowerCase()
      ? []
      : [`is said to give ${gives(is)} instead of ${gives(was)}`]),
  ]
}

/** What breaks the calls of others: the number of arguments, or their types. */
export const brokenCalls = (was: Routine, is: Routine): string[] =>
  kindsOf(was) === kindsOf(is) ? [] : [`takes ${takes(is)} instead of ${takes(was)}`]
