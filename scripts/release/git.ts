/**
 * Everything a release asks of git before it publishes: what is in a tree, and a commit made without touching
 * the checkout.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Refusal } from './refusal.ts'

/**
 * A person's settings (signing, hooks, attributes of their own) must not change what a release is made of.
 */
const OWN_SETTINGS = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  LC_ALL: 'C',
}
const AUTHOR = { name: 'Clickstream Actions release', email: 'release@clickstream-actions.invalid' }

export interface Repository {
  /** Trimmed standard output; throws a Refusal with git's own words. */
  ask(...args: readonly string[]): string
  read(commit: string, file: string): Buffer | undefined
  /** Files of a commit, sorted; `folder` ends with a slash. */
  list(commit: string, folder?: string): string[]
  bytes(...args: readonly string[]): Buffer
  /**
   * A commit on `parent` with these files replaced (undefined: removed). The same parent and files give the
   * same commit, on every machine.
   */
  commit(parent: string, message: string, files: ReadonlyMap<string, Buffer | undefined>): string
}

export function openRepository(root: string): Repository {
  const run = (
    args: readonly string[],
    options: { input?: Buffer; env?: Readonly<Record<string, string>> } = {},
  ): Buffer => {
    try {
      return execFileSync('git', args, {
        cwd: root,
        input: options.input,
        env: { ...process.env, ...OWN_SETTINGS, ...options.env },
        stdio: ['pipe', 'pipe', 'pipe'],
        maxBuffer: 1 << 28,
      })
    } catch (error) {
      const { stderr, message } = error as { stderr?: Buffer; message: string }
      throw new Refusal(
        `git ${args[0] ?? ''}: ${(stderr?.toString().trim() || message).split('\n').slice(-3).join(' ')}`,
      )
    }
  }
  const ask = (...args: readonly string[]): string => run(args).toString().trim()
  // A tree never changes, so each is listed once; tags are resolved first, since they could.
  const listed = new Map<string, ReadonlySet<string>>()
  const filesOf = (commit: string): ReadonlySet<string> => {
    const known =
      listed.get(commit) ??
      new Set(
        run(['ls-tree', '-r', '-z', '--name-only', commit])
          .toString()
          .split('\0')
          .filter((name) => name !== ''),
      )
    if (/^[0-9a-f]{40,}$/.test(commit)) listed.set(commit, known)
    return known
  }
  return {
    ask,
    bytes: (...args) => run(args),
    read: (commit, file) =>
      filesOf(commit).has(file) ? run(['cat-file', 'blob', `${commit}:${file}`]) : undefined,
    list: (commit, folder = '') => [...filesOf(commit)].filter((name) => name.startsWith(folder)).sort(),
    commit(parent, message, files) {
      const scratch = mkdtempSync(path.join(tmpdir(), 'release-index-'))
      try {
        const env = { GIT_INDEX_FILE: path.join(scratch, 'index') }
        run(['read-tree', parent], { env })
        const lines = [...files].map(([file, content]) =>
          content === undefined
            ? `0 ${'0'.repeat(parent.length)}\t${file}`
            : `100644 ${run(['hash-object', '-w', '--stdin'], { input: content }).toString().trim()}\t${file}`,
        )
        run(['update-index', '--index-info'], {
          env,
          input: Buffer.from(lines.map((line) => `${line}\n`).join('')),
        })
        const tree = run(['write-tree'], { env }).toString().trim()
        const date = `${ask('show', '-s', '--format=%ct', parent)} +0000`
        return run(['commit-tree', tree, '-p', parent, '-m', message], {
          env: {
            GIT_AUTHOR_NAME: AUTHOR.name,
            GIT_AUTHOR_EMAIL: AUTHOR.email,
            GIT_AUTHOR_DATE: date,
            GIT_COMMITTER_NAME: AUTHOR.name,
            GIT_COMMITTER_EMAIL: AUTHOR.email,
            GIT_COMMITTER_DATE: date,
          },
        })
          .toString()
          .trim()
      } finally {
        rmSync(scratch, { recursive: true, force: true })
      }
    },
  }
}
