/**
 * Errors that this language raises itself while a statement runs: marked on both sides, so that their words
 * come out as written, and are never taken for the engine's own.
 */
const [BEGIN, END] = [1, 2]

/** DuckDB text that raises `message`, a DuckDB text expression; NULL raises nothing. */
export const raised = (message: string): string => `error(chr(${BEGIN}) || ${message} || chr(${END}))`

/** The same for what the engine's functions of ours throw. */
export const marked = (message: string): string =>
  String.fromCharCode(BEGIN) + message + String.fromCharCode(END)

/** The message between the marks, or undefined where the engine speaks for itself. */
export function raisedMessage(text: string): string | undefined {
  const start = text.indexOf(String.fromCharCode(BEGIN))
  const end = text.lastIndexOf(String.fromCharCode(END))
  return start >= 0 && end > start ? text.slice(start + 1, end) : undefined
}
