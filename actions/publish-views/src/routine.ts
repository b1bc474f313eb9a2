/**
 * Reads CREATE [TABLE] FUNCTION in SQL and JavaScript, and compares what it takes and gives with a function that is
 * there. It refuses by name what holds code of another language, and what is no function.
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
  /** The body of one in JavaScript. */
  readonly code?: string
}
/** What OPTIONS of a function may say; libraries in JavaScript only. */
export interface RoutineOptions {
  readonly description?: string
  readonly libraries?: readonly string[]
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
  readOptions: (isJavaScript: boolean) => RoutineOptions,
): RoutineText {
  const given = readArguments(cursor)
  const isTable = kind === 'TABLE_VALUED_FUNCTION'
  const returns = cursor.accept('RETURNS')
    ? isTable
      ? readTable(cursor)
      : { returnType: readType(cursor) }
    : {}
  const determinism = readDeterminism(cursor)
  const routine: Routine = { kind, arguments: given, ...returns }
  if (isJavaScript(cursor)) return readJavaScript(cursor, { ...routine, ...determinism }, readOptions)
  let description = isTable && cursor.accept('OPTIONS') ? readOptions(false).description : undefined
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
  if (cursor.accept('OPTIONS')) description = readOptions(false).description
  expectEnd(cursor)
  return { routine, description, from, to }
}

function expectEnd(cursor: Cursor): void {
  while (cursor.accept(';'));
  if (cursor.next() !== '') cursor.refuse('a second statement begins here; a file holds one')
}

function readDeterminism(cursor: Cursor): Pick<Routine, 'determinism'> {
  if (cursor.accept('NOT DETERMINISTIC')) return { determinism: 'NOT_DETERMINISTIC' }
  return cursor.accept('DETERMINISTIC') ? { determinism: 'DETERMINISTIC' } : {}
}

function isJavaScript(cursor: Cursor): boolean {
  const others = 'is not published here; functions in SQL and JavaScript are'
  if (cursor.accept('REMOTE')) cursor.refuse(`a REMOTE function ${others}`)
  if (!cursor.accept('LANGUAGE')) return false
  const language = cursor.name().toUpperCase()
  return language === 'JS' || cursor.refuse(`a function in ${language} ${others}`)
}

function readJavaScript(
  cursor: Cursor,
  routine: Routine,
  readOptions: (isJavaScript: boolean) => RoutineOptions,
): RoutineText {
  if (routine.kind !== 'SCALAR_FUNCTION') cursor.refuse('a TABLE FUNCTION is in SQL')
  if (routine.returnType === undefined) cursor.refuse('a function in JavaScript says what it RETURNS')
  const before = cursor.accept('OPTIONS') ? readOptions(true) : {}
  cursor.expect('AS')
  const from = cursor.at()
  const code = cursor.text()
  const { description, libraries } = cursor.accept('OPTIONS') ? readOptions(true) : before
  expectEnd(cursor)
  return {
    ...{ from, code, description },
    routine: { ...routine, language: 'JAVASCRIPT', ...(libraries === undefined ? {} : { libraries }) },
  }
}

/** What stands behind the arguments of one in JavaScript. */
export function spelledJavaScript(routine: Routine, code: string): string {
  const text = (value: string): string =>
    `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}"`
  const { determinism, libraries = [] } = routine
  const options = libraries.length === 0 ? '' : ` OPTIONS (library = [${libraries.map(text).join(', ')}])`
  return `${spelledReturns(routine)}${determinism === undefined ? '' : ` ${determinism.replace('_', ' ')}`} LANGUAGE js${options} AS ${text(code)}`
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
    ...(is.libraries === undefined || is.libraries.join() === (was.libraries ?? []).join()
      ? []
      : [`loads ${is.libraries.join(', ') || 'no library'}`]),
    ...(is.determinism === undefined || is.determinism === was.determinism
      ? []
      : [`is ${is.determinism.toLowerCase().replace('_', ' ')}`]),
  ]
}

/** What breaks the calls of others: the number of arguments, or their types. */
export const brokenCalls = (was: Routine, is: Routine): string[] =>
  kindsOf(was) === kindsOf(is) ? [] : [`takes ${takes(is)} instead of ${takes(was)}`]
