/**
 * What a file says: a bare SELECT, CREATE [MATERIALIZED] VIEW with columns and OPTIONS before it, or a function. It
 * refuses every other statement and every option it would not apply.
 */
import { shortName, type Materialized, type Routine, type TableName } from '../../_shared/dataset.ts'
import { openCursor, ReadingError, type Cursor } from '../../_shared/sql-cursor.ts'
import { readLabels, textOrNull } from '../../_shared/sql-labels.ts'
import { tokenize } from '../../_shared/sql-tokens.ts'
import { readLayout, readRefresh } from './materialized.ts'
import { joined, type Metadata } from './metadata.ts'
import { readKind, readRoutine, type RoutineKind, type RoutineOptions } from './routine.ts'
import { leadingComment } from './sql.ts'

export interface ViewDefinition {
  /** The SELECT alone, without a last semicolon; of a function its body. */
  readonly query: string
  /** Lines of the file before the query's first one. */
  readonly linesBefore: number
  /** Members a file does not name are undefined: what stands there stays. */
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly expirationTime?: string
  readonly columns?: readonly { readonly name: string; readonly description?: string }[]
  /** Of CREATE MATERIALIZED VIEW. */
  readonly materialized?: Materialized
  readonly routine?: Routine
}

/** As BigQuery calls it. */
export const typeOf = ({
  materialized,
  routine,
}: Pick<ViewDefinition, 'materialized' | 'routine'>):
  RoutineKind | 'JAVASCRIPT_SCALAR_FUNCTION' | 'VIEW' | 'MATERIALIZED_VIEW' =>
  (routine?.language === undefined ? routine?.kind : 'JAVASCRIPT_SCALAR_FUNCTION') ??
  (materialized === undefined ? 'VIEW' : 'MATERIALIZED_VIEW')

/**
 * @param metadata what stands beside the file; it goes before a comment at the top.
 * @throws ReadingError at its place in the file.
 */
export function readDefinition(sql: string, name: TableName, metadata: Metadata = {}): ViewDefinition {
  const cursor = openCursor(sql)
  const comment = leadingComment(sql)
  const described = comment === '' ? {} : { description: comment }
  if (cursor.next() === '') cursor.refuse('the file holds no statement')
  if (!cursor.accept('CREATE')) {
    if (!/^(SELECT|WITH|FROM|\()$/i.test(cursor.next()))
      cursor.refuse(`expected SELECT, WITH or CREATE VIEW, found ${cursor.next().slice(0, 40)}`)
    return { ...queryFrom(sql, 0), ...described, ...metadata }
  }
  cursor.accept('OR REPLACE')
  const kind = readKind(cursor)
  if (kind !== undefined) return readFunction({ cursor, sql, name, kind }, described, metadata)
  const isMaterialized = cursor.accept('MATERIALIZED VIEW')
  if (!isMaterialized && !cursor.accept('VIEW'))
    cursor.refuse(
      `expected VIEW, MATERIALIZED VIEW or FUNCTION, found ${cursor.next().slice(0, 40)}: not read here`,
    )
  cursor.accept('IF NOT EXISTS')
  checkName(cursor, cursor.path(), name)
  const layout = isMaterialized ? readLayout(cursor) : undefined
  const columns = !isMaterialized && cursor.accept('(') ? readColumns(cursor) : undefined
  const given: Options = cursor.accept('OPTIONS') ? readOptions(cursor, layout) : { materialized: layout }
  const options = joined(cursor, given, metadata)
  cursor.expect('AS')
  const at = cursor.at()
  if (at >= sql.length) cursor.refuse('the query is missing')
  return { ...described, ...queryFrom(sql, at), ...options, ...(columns ? { columns } : {}) }
}

function readFunction(
  { cursor, sql, name, kind }: { cursor: Cursor; sql: string; name: TableName; kind: RoutineKind },
  described: Pick<ViewDefinition, 'description'>,
  metadata: Metadata,
): ViewDefinition {
  if (metadata.labels !== undefined || metadata.friendlyName !== undefined)
    cursor.refuse('a function has neither labels nor a friendly name; its metadata.yaml gives them')
  cursor.accept('IF NOT EXISTS')
  checkName(cursor, cursor.path(), name)
  if (!/^\w{1,256}$/.test(name.tableId))
    cursor.refuse(`${name.tableId} is no name of a function: letters without accents, digits and underscores`)
  const readOptionsOf = (isJavaScript: boolean): RoutineOptions => {
    let options: RoutineOptions = {}
    readList(cursor, (option) => {
      if (option === 'description') options = { ...options, description: textOrNull(cursor) }
      else if (option === 'library' && isJavaScript) options = { ...options, libraries: readTexts(cursor) }
      else
        cursor.refuse(
          `the function option ${option} is not read here; description is${isJavaScript ? ', and library' : ''}`,
        )
    })
    return options
  }
  const { routine, from, to, code, description } = readRoutine(cursor, kind, readOptionsOf)
  const options = joined(cursor, description === undefined ? {} : { description }, metadata)
  if (code !== undefined)
    return {
      ...described,
      ...{ query: code, linesBefore: sql.slice(0, from).split('\n').length - 1 },
      ...options,
      routine,
    }
  const body =
    to === undefined
      ? queryFrom(sql, from)
      : { query: bodyOf(sql.slice(from, to)), linesBefore: sql.slice(0, from).split('\n').length - 1 }
  return { ...described, ...body, ...options, routine }
}

/** One string, or several in brackets. */
function readTexts(cursor: Cursor): string[] {
  if (!cursor.accept('[')) return [cursor.text()]
  const texts: string[] = []
  do {
    if (cursor.next() === ']') break
    texts.push(cursor.text())
  } while (cursor.accept(','))
  cursor.expect(']')
  return texts
}

/** BigQuery puts a bracket behind it: a comment in its last line would swallow that. */
function bodyOf(text: string): string {
  const body = text.trimEnd()
  return /^(--|#)/.test(tokenize(body).at(-1)?.text ?? '') ? `${body}\n` : body
}

/** A bare query keeps its comments; behind a header it begins at its first word. */
function queryFrom(sql: string, at: number): Pick<ViewDefinition, 'query' | 'linesBefore'> {
  const { query, more } = firstStatement(sql.slice(at))
  if (more !== undefined) {
    const before = sql.slice(0, at + more).split('\n')
    throw new ReadingError('a second statement begins here; a file holds one', {
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
    })
  }
  return { query, linesBefore: sql.slice(0, at).split('\n').length - 1 }
}

function firstStatement(sql: string): { query: string; more?: number } {
  const cursor = openCursor(sql)
  let end: number | undefined
  while (cursor.next() !== '') {
    if (end !== undefined && cursor.next() !== ';') return { query: '', more: cursor.at() }
    if (cursor.next() === ';') end ??= cursor.at()
    cursor.skip()
  }
  return { query: sql.slice(0, end).trimEnd() }
}

function checkName(cursor: Cursor, parts: readonly string[], name: TableName): void {
  const wanted = [name.projectId, name.datasetId, name.tableId]
  // A project of a domain, `example.com:project`, has a dot of its own.
  if (parts.length < 2 || ![wanted, wanted.slice(1)].some((path) => path.join('.') === parts.join('.')))
    cursor.refuse(`the statement makes ${parts.join('.')}, the path of the file says ${shortName(name)}`)
}

function readColumns(cursor: Cursor): { name: string; description?: string }[] {
  const columns: { name: string; description?: string }[] = []
  do {
    if (cursor.accept(')')) return columns
    const name = cursor.path().join('.')
    let description: string | undefined
    if (cursor.accept('OPTIONS'))
      readList(cursor, (option) => {
        if (option !== 'description') cursor.refuse(`the column option ${option} is not read here`)
        description = textOrNull(cursor)
      })
    columns.push(description === undefined ? { name } : { name, description })
  } while (cursor.accept(','))
  cursor.expect(')')
  return columns
}

type Options = Pick<
  ViewDefinition,
  'description' | 'friendlyName' | 'labels' | 'expirationTime' | 'materialized'
>

/** @param materialized what was read of a materialized view so far. */
function readOptions(cursor: Cursor, materialized: Materialized | undefined): Options {
  let options: Options = materialized === undefined ? {} : { materialized }
  readList(cursor, (option) => {
    const refresh = materialized === undefined ? undefined : readRefresh(cursor, option)
    if (refresh !== undefined) {
      options = { ...options, materialized: { ...options.materialized, ...refresh } }
      return
    }
    switch (option) {
      case 'description':
        options = { ...options, description: textOrNull(cursor) }
        break
      case 'friendly_name':
        options = { ...options, friendlyName: textOrNull(cursor) }
        break
      case 'labels':
        options = { ...options, labels: readLabels(cursor) }
        break
      case 'expiration_timestamp':
        options = { ...options, expirationTime: readTimestamp(cursor) }
        break
      default:
        cursor.refuse(
          `the view option ${option} is not read here; description, friendly_name, labels and expiration_timestamp are`,
        )
    }
  })
  return options
}

function readList(cursor: Cursor, readValue: (option: string) => void): void {
  cursor.expect('(')
  if (cursor.accept(')')) return
  do {
    const option = cursor.name().toLowerCase()
    cursor.expect('=')
    readValue(option)
  } while (cursor.accept(','))
  cursor.expect(')')
}

/** Only a fixed time: one that counts from now would differ in every run. */
function readTimestamp(cursor: Cursor): string | undefined {
  if (cursor.accept('NULL')) return undefined
  if (!cursor.accept('TIMESTAMP'))
    cursor.refuse(
      'expiration_timestamp must be a fixed TIMESTAMP "…"; one counted from now changes in every run',
    )
  const given = cursor.text()
  const found =
    /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?))?\s*(?:UTC|Z|\+00(?::00)?)?$/.exec(given)
  const milliseconds = found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2] ?? '00:00:00'}Z`)
  if (Number.isNaN(milliseconds))
    cursor.refuse(`${JSON.stringify(given)} is not a time of UTC such as 2030-01-31 00:00:00 UTC`)
  return String(milliseconds)
}
