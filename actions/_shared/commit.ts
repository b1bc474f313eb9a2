/**
 * Reads which commit a folder of the checkout is at, and when it was made. It refuses to guess where git cannot
 * say.
 */
import type { Runner } from './run.ts'

export interface CheckedOut {
  readonly id: string
  /** Seconds since 1970. */
  readonly at: number
  /** Named by the commit itself, also where a shallow checkout does not hold them. */
  readonly parents: readonly string[]
}

export async function readCheckedOut(
  folder: string,
  runner: Pick<Runner, 'execute'>,
): Promise<CheckedOut | undefined> {
  const quiet = { onStdoutLine: () => undefined, onStderrLine: () => undefined }
  // A container's checkout may belong to another user than the one that asks.
  const args = ['-c', 'safe.directory=*', '-C', folder, 'log', '-1', '--format=raw', '--no-decorate']
  const answer = await runner.execute('git', args, quiet).catch(() => undefined)
  const [head = ''] = answer?.exitCode === 0 ? answer.stdout.split(/\r?\n\r?\n/) : []
  const id = /^commit ([0-9a-f]{40,64})$/m.exec(head)?.[1]
  const at = Number(/^committer .* (\d+) [+-]\d{4}$/m.exec(head)?.[1])
  if (id === undefined || !Number.isSafeInteger(at)) return undefined
  return { id, at, parents: [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = '']) => parent) }
}

/** The commit of the repository that a folder is part of: of a submodule, that of the one it is in. */
export async function readWholeCommit(
  folder: string,
  runner: Pick<Runner, 'execute'>,
): Promise<string | undefined> {
  const quiet = { onStdoutLine: () => undefined, onStderrLine: () => undefined }
  const args = ['-c', 'safe.directory=*', '-C', folder, 'rev-parse', '--show-superproject-working-tree']
  const answer = await runner.execute('git', args, quiet).catch(() => undefined)
  const around = answer?.exitCode === 0 ? answer.stdout.trim() : ''
  return around === '' ? (await readCheckedOut(folder, runner))?.id : readWholeCommit(around, runner)
}
