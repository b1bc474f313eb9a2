/**
 * Runs the commands of one check. What they print is shown at once, or kept until the check ends where several
 * run side by side; a command never outlives this process.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'

export interface Shell {
  execute(
    command: string,
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<number>
  say(line: string): void
  /** What was kept back. */
  readonly kept: () => string
}

export const root = path.resolve(import.meta.dirname, '../..')
export const binary = (name: string): string => path.join(root, 'node_modules', '.bin', name)
const children = new Set<ReturnType<typeof spawn>>()

export function openShell(isShown: boolean): Shell {
  let kept = ''
  const show = (text: string): void => {
    if (isShown) process.stderr.write(text)
    else kept += text
  }
  return {
    say: (line) => show(`${line}\n`),
    kept: () => kept,
    execute: (command, args, environment = {}) =>
      new Promise((resolve) => {
        const child = spawn(command, args, {
          cwd: root,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, ...environment },
          // A group of its own, so that what it started ends with it.
          detached: true,
        })
        children.add(child)
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding('utf8').on('data', (text: string) => show(text))
        child.on('error', (error) => {
          show(`${command}: ${error.message}\n`)
          resolve(127)
        })
        child.on('close', (code) => {
          children.delete(child)
          resolve(code ?? 1)
        })
      }),
  }
}

export function endChildren(): void {
  for (const child of children) {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    } catch {
      /* it is already gone */
    }
  }
}
