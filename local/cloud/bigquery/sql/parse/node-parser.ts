/**
 * The statements and the control flow of a script: blocks, IF, CASE, loops, exceptions, transactions, CALL, EXECUTE
 * IMMEDIATE.
 */
import { invalid } from '../refusal.ts'
import type { ParsedStatement, ScriptNode } from '../types.ts'
import type { Cursor } from './cursor.ts'
import { parseTablePath } from './from-parser.ts'
import { parseStatement, typeOf } from './statement-parser.ts'
import type { StatementSyntax } from './statement-syntax.ts'

export interface Parsed {
  readonly syntax: StatementSyntax
  readonly parsed: ParsedStatement
  /** Offsets of `?` in the text that it was read from. */
  readonly placeholders: readonly number[]
}
/** What was read once is not read again: a statement of a megabyte takes its time. */
const seen = new WeakMap<ParsedStatement, Parsed>()
export const alreadyParsed = (parsed: ParsedStatement): Parsed | undefined => seen.get(parsed)

const ENDS = ['END', 'ELSE', 'ELSEIF', 'WHEN', 'EXCEPTION', 'UNTIL']

/** Statements up to one of `ends`, which is left to the caller. */
export function parseList(cursor: Cursor, ends: readonly string[]): ScriptNode[] {
  const nodes: ScriptNode[] = []
  let isPastDeclarations = false
  while (cursor.peek().kind !== 'end') {
    if (cursor.acceptSymbol(';')) continue
    if (ends.some((word) => cursor.isWord(word))) break
    const at = cursor.at
    const node = cursor.nested(() => parseNode(cursor))
    const isDeclaration = node.kind === 'statement' && node.parsed.type === 'DECLARE'
    if (isDeclaration && isPastDeclarations)
      throw invalid('Variable declarations are allowed only at the start of a block or script', at)
    isPastDeclarations ||= !isDeclaration
    nodes.push(node)
    if (cursor.peek().kind === 'end' || cursor.isSymbol(';')) continue
    throw cursor.unexpected(ends.length > 0 ? '";"' : 'end of input')
  }
  return nodes
}

export function parseParsed(cursor: Cursor): Parsed {
  const first = cursor.peek()
  const before = cursor.placeholdersBefore
  const syntax = parseStatement(cursor)
  const variable =
    syntax.kind === 'declare'
      ? { names: syntax.names, type: syntax.typeText }
      : syntax.kind === 'set'
        ? { names: syntax.names }
        : undefined
  const parsed: ParsedStatement = {
    type: typeOf(syntax),
    text: cursor.sql.slice(first.start, cursor.lastEnd),
    ...first.at,
    ...(before > 0 ? { placeholdersBefore: before } : {}),
    ...(variable ? { variable } : {}),
    ...('isTemp' in syntax && syntax.isTemp ? { isTemp: true, path: syntax.path } : {}),
  }
  const found = { syntax, parsed, placeholders: cursor.placeholderOffsets }
  seen.set(parsed, found)
  return found
}

/** An expression as a query of one value. */
function valueOf(cursor: Cursor): ParsedStatement {
  const first = cursor.peek()
  const before = cursor.placeholdersBefore
  cursor.expression()
  return {
    type: 'SELECT',
    text: `SELECT ${cursor.sql.slice(first.start, cursor.lastEnd)}`,
    line: first.at.line,
    column: Math.max(1, first.at.column - 'SELECT '.length),
    ...(before > 0 ? { placeholdersBefore: before } : {}),
  }
}

function queryOf(cursor: Cursor): ParsedStatement {
  cursor.expectSymbol('(')
  const first = cursor.peek()
  const before = cursor.placeholdersBefore
  cursor.query()
  const text = cursor.sql.slice(first.start, cursor.lastEnd)
  cursor.expectSymbol(')')
  return { type: 'SELECT', text, ...first.at, ...(before > 0 ? { placeholdersBefore: before } : {}) }
}

function parseNode(cursor: Cursor): ScriptNode {
  const transaction = parseTransaction(cursor)
  if (transaction) return transaction
  const label = cursor.isName() && cursor.isSymbol(':', 1) ? cursor.name() : undefined
  if (label !== undefined) cursor.expectSymbol(':')
  const node = parseControl(cursor, label)
  if (node) return node
  if (label !== undefined) throw cursor.unexpected('BEGIN, LOOP, WHILE, REPEAT or FOR')
  return { kind: 'statement', parsed: parseParsed(cursor).parsed }
}

/** `BEGIN;` begins a transaction, `BEGIN SELECT` a block. */
function parseTransaction(cursor: Cursor): ScriptNode | undefined {
  const { at } = cursor.peek()
  const isAlone = cursor.isSymbol(';', 1) || cursor.peek(1).kind === 'end'
  const action = (['BEGIN', 'COMMIT', 'ROLLBACK'] as const).find(
    (word) => cursor.isWord(`${word} TRANSACTION`) || (cursor.isWord(word) && isAlone),
  )
  if (!action) return undefined
  cursor.next()
  cursor.acceptWord('TRANSACTION')
  return { kind: 'transaction', action, ...at }
}

function parseControl(cursor: Cursor, label: string | undefined): ScriptNode | undefined {
  const named = label === undefined ? {} : { label }
  const close = (words: string): void => {
    cursor.expectWord(words)
    if (label !== undefined && cursor.isWord(label.toUpperCase())) cursor.next()
  }
  const { at } = cursor.peek()
  if (cursor.isWord('BEGIN')) {
    const block = parseInside(cursor)
    close('END')
    return { ...block, ...named }
  }
  if (cursor.acceptWord('LOOP')) {
    const body = parseList(cursor, ['END'])
    close('END LOOP')
    return { kind: 'loop', ...named, body }
  }
  if (cursor.acceptWord('WHILE')) {
    const condition = valueOf(cursor)
    cursor.expectWord('DO')
    const body = parseList(cursor, ['END'])
    close('END WHILE')
    return { kind: 'loop', ...named, while: condition, body }
  }
  if (cursor.acceptWord('REPEAT')) {
    const body = parseList(cursor, ['UNTIL'])
    cursor.expectWord('UNTIL')
    const until = valueOf(cursor)
    close('END REPEAT')
    return { kind: 'loop', ...named, body, until }
  }
  if (cursor.acceptWord('FOR')) {
    const variable = cursor.name()
    cursor.expectWord('IN')
    const query = queryOf(cursor)
    cursor.expectWord('DO')
    const body = parseList(cursor, ['END'])
    close('END FOR')
    return { kind: 'for', ...named, variable, query, body }
  }
  if (label !== undefined) return undefined
  if (cursor.isWord('IF')) return parseIf(cursor)
  if (cursor.isWord('CASE')) return parseCase(cursor)
  for (const word of ['LEAVE', 'BREAK', 'ITERATE', 'CONTINUE'] as const)
    if (cursor.acceptWord(word)) {
      const target = cursor.isName() ? { label: cursor.name() } : {}
      return { kind: word === 'LEAVE' || word === 'BREAK' ? 'leave' : 'iterate', ...target, ...at }
    }
  if (cursor.acceptWord('RETURN')) return { kind: 'return' }
  if (cursor.acceptWord('RAISE')) {
    if (!cursor.acceptWord('USING MESSAGE')) return { kind: 'raise', ...at }
    cursor.expectSymbol('=')
    return { kind: 'raise', message: valueOf(cursor), ...at }
  }
  if (cursor.acceptWord('CALL')) return parseCall(cursor, at)
  return cursor.acceptWord('EXECUTE IMMEDIATE') ? parseExecute(cursor) : undefined
}

/** A block whose END is the next word. */
function parseInside(cursor: Cursor): ScriptNode & { kind: 'block' } {
  cursor.expectWord('BEGIN')
  const body = parseList(cursor, ['END', 'EXCEPTION'])
  const handler = cursor.acceptWord('EXCEPTION WHEN ERROR THEN') ? parseList(cursor, ['END']) : undefined
  return { kind: 'block', body, ...(handler ? { handler } : {}) }
}

export function parseBlock(cursor: Cursor): void {
  parseInside(cursor)
  cursor.expectWord('END')
}

function parseIf(cursor: Cursor): ScriptNode {
  const branches: { condition: ParsedStatement; body: ScriptNode[] }[] = []
  let otherwise: ScriptNode[] = []
  while (cursor.acceptWord('IF') || cursor.acceptWord('ELSEIF')) {
    const condition = valueOf(cursor)
    cursor.expectWord('THEN')
    branches.push({ condition, body: parseList(cursor, ENDS) })
  }
  if (cursor.acceptWord('ELSE')) otherwise = parseList(cursor, ['END'])
  cursor.expectWord('END IF')
  return { kind: 'if', branches, otherwise }
}

/** CASE WHEN condition THEN …, and CASE value WHEN value THEN …. */
function parseCase(cursor: Cursor): ScriptNode {
  cursor.next()
  const operand = cursor.isWord('WHEN') ? undefined : valueOf(cursor)
  const branches: { condition: ParsedStatement; body: ScriptNode[] }[] = []
  while (cursor.acceptWord('WHEN')) {
    const when = valueOf(cursor)
    cursor.expectWord('THEN')
    const [left, right] = [operand, when].map((part) => part?.text.slice('SELECT '.length))
    const condition = operand ? { ...when, text: `SELECT (${left}) = (${right})` } : when
    branches.push({ condition, body: parseList(cursor, ENDS) })
  }
  const otherwise = cursor.acceptWord('ELSE') ? parseList(cursor, ['END']) : []
  cursor.expectWord('END CASE')
  return { kind: 'if', branches, otherwise }
}

function parseExecute(cursor: Cursor): ScriptNode {
  const { at } = cursor.peek()
  const sql = valueOf(cursor)
  const into = cursor.acceptWord('INTO') ? cursor.list(() => cursor.name()) : undefined
  const using = cursor.acceptWord('USING')
    ? cursor.list(() => {
        const value = valueOf(cursor)
        return cursor.acceptWord('AS') ? { value, name: cursor.name() } : { value }
      })
    : []
  return { kind: 'execute', sql, using, ...(into ? { into } : {}), ...at }
}

function parseCall(cursor: Cursor, at: Cursor['at']): ScriptNode {
  const path = parseTablePath(cursor)
  cursor.expectSymbol('(')
  const args = cursor.isSymbol(')')
    ? []
    : cursor.list(() => {
        const isAlone = cursor.isName() && (cursor.isSymbol(',', 1) || cursor.isSymbol(')', 1))
        const variable = isAlone ? { variable: cursor.peek().value } : {}
        return { value: valueOf(cursor), ...variable }
      })
  cursor.expectSymbol(')')
  return { kind: 'call', path, args, ...at }
}
