/**
 * A program that can be asked to end while it runs. It refuses shell
 * strings, as execute does.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Conversation {
  /** Closes the program's stdin: an agreed word for "come to an end". */
  end(): void
  /** For one that does not hear. */
  kill(): void
  /** Its exit code, once all it said was heard; 128 and more when a signal ended it. */
  readonly ended: Promise<number>
}
export interface ConversationOptions {
  readonly cwd?: string
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>
  /** Each full line of stdout and stderr as it arrives. */
  readonly onLine: (line: string) => void
}

export function converse(
  program: string,
  args: readonly string[],
  options: ConversationOptions,
): Conversation {
  const child = spawn(program, [...args], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  // A program that ended hears nothing more; its exit code says why.
  child.stdin.on('error', () => undefined)
  const heard = [child.stdout, child.stderr].map(
    (stream) =>
      new Promise<void>((resolve) => {
        createInterface({ input: stream.setEncoding('utf8'), crlfDelay: Infinity })
          .on('line', options.onLine)
          .once('close', resolve)
      }),
  )
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => void Promise.all(heard).then(() => resolve(code ?? 130)))
  })
  return {
    end: () => void child.stdin.end(),
    kill: () => void child.kill('SIGKILL'),
    ended,
  }
}
