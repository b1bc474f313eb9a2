/**
 * Keeps what tells why a driver failed while its output flies by: Python tracebacks and the Java cause behind them.
 * It refuses to grow with the output.
 */
export interface FailureSigns {
  /** The first traceback, then the last one if that is another. */
  readonly tracebacks: readonly (readonly string[])[]
  /** `java.io.IOException: …`, what Python was told. */
  readonly java?: string
  /** The first `Caused by:` below it, with the lines of its message. */
  readonly causedBy?: string
}
export interface SignWatcher {
  see(line: string): void
  readonly signs: FailureSigns
}

const MOST_LINES = 80
const MOST_CAUSE_LINES = 12
const TRACEBACK = /^Traceback \(most recent call last\):\s*$/
const JAVA = /^: ((?:[a-z_$][\w$]*\.)+[A-Z$][\w$]*.*)$/
const CAUSED_BY = /^\s*Caused by: (.+)$/
const THREAD = /^Exception in thread "[^"]*" (.+)$/
const STACK = /^\s+(at |\.\.\. \d+ more)/

export function watchForSigns(): SignWatcher {
  let first: string[] | undefined
  let last: string[] | undefined
  let open: string[] | undefined
  let java: string | undefined
  let causedBy: string[] | undefined
  let isCauseOpen = false
  return {
    see: (given) => {
      const line = given.slice(0, 2000)
      if (TRACEBACK.test(line)) {
        last = open = [line]
        first ??= open
        return
      }
      if (open !== undefined) {
        // The first line that is not indented names the exception and ends the block.
        if (open.length < MOST_LINES) open.push(line)
        else open[MOST_LINES - 1] = line
        if (/^\S/.test(line)) open = undefined
      }
      if (isCauseOpen) {
        if (STACK.test(line) || causedBy === undefined || causedBy.length >= MOST_CAUSE_LINES)
          isCauseOpen = false
        else causedBy.push(line)
      }
      // A later failure that Python or the JVM is told of has causes of its own.
      const top = JAVA.exec(line) ?? THREAD.exec(line)
      if (top) {
        java = top[1]
        causedBy = undefined
        isCauseOpen = false
      }
      const cause = CAUSED_BY.exec(line)
      if (cause && causedBy === undefined) {
        causedBy = [cause[1] ?? '']
        isCauseOpen = true
      }
    },
    get signs() {
      return {
        tracebacks: [first, last === first ? undefined : last].filter((block) => block !== undefined),
        java,
        causedBy: causedBy?.join('\n').trim(),
      }
    },
  }
}
