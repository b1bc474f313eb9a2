/**
 * A small repository with one action, and the bare one it is released to; releases are played on them with
 * the project's own programs.
 */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const project = path.resolve(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
export interface Played {
  readonly root: string
  readonly remote: string
  write(file: string, text: string): void
  remove(file: string): void
  git(...args: readonly string[]): string
  /** Commits everything and pushes it, as a merged pull request would. */
  merge(message: string): string
  changeset(bump: 'major' | 'minor' | 'patch', text: string): void
  /** Runs the release verb on this checkout. */
  release(...options: readonly string[]): Promise<Ended>
  /** Runs the publishing half alone, as the job with privileges does. */
  publish(
    folder: string,
    words: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<Ended>
  /** What the remote's refs name; undefined where there is none. */
  remoteRef(ref: string): string | undefined
  onRemote(ref: string, file: string): string
  /**
   * Lets the remote kill the running release when it pushes this ref: before anything is taken (and nothing
   * is), or right after.
   */
  killAt(ref: string, moment: 'before' | 'after'): void
  heal(): void
  /** As a ruleset does: the branch takes no push, whatever comes with it. */
  refusePushes(words: string): void
  clone(): string
  end(): void
}

export const ACTION = `name: Hello
description: Says hello.
inputs:
  who:
    description: Whom to greet.
    required: true
  loud:
    description: Whether to shout.
    default: 'false'
outputs:
  greeting:
    description: What was said.
runs:
  using: node24
  main: ../../dist/hello/index.js
`

const FILES: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ name: 'clickstream-actions', version: '0.0.0', private: true, license: 'MIT', workspaces: ['local'], dependencies: { 'small-thing': '1.2.3' } }, null, 2)}\n`,
  'package-lock.json': `${JSON.stringify(
    {
      name: 'clickstream-actions',
      version: '0.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: {
        '': {
          name: 'clickstream-actions',
          version: '0.0.0',
          license: 'MIT',
          workspaces: ['local'],
          dependencies: { 'small-thing': '1.2.3' },
        },
        local: { name: 'clickstream-local', version: '0.0.0', license: 'MIT' },
        'node_modules/clickstream-local': { resolved: 'local', link: true },
        'node_modules/small-thing': {
          version: '1.2.3',
          integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}`,
          license: 'MIT',
        },
      },
    },
    null,
    2,
  )}\n`,
  '.gitattributes': '* text=auto eol=lf\ntest/ export-ignore\n',
  '.gitignore': 'build/\n',
  'local/package.json': '{ "name": "clickstream-local", "version": "0.0.0", "private": true }\n',
  'actions/hello/action.yml': ACTION,
  'actions/hello/src/index.js': 'process.exitCode = 1\n',
  'dist/hello/index.js': '// built\nprocess.exitCode = 1\n',
  'dist/hello/licenses.txt': 'small-thing 1.2.3 (MIT)\n\nPermission is granted.\n',
  'docs/schemas/report.schema.json':
    '{ "type": "object", "properties": { "rows": { "type": "integer" } } }\n',
  'test/not-for-users.txt': 'nobody needs this\n',
  // As the real one does: compares, builds nothing into the checkout.
  'scripts/bundle.ts': `import { readFileSync } from 'node:fs'
const isFresh = readFileSync('dist/hello/index.js', 'utf8') === '// built\\n' + readFileSync('actions/hello/src/index.js', 'utf8')
process.stderr.write(isFresh ? 'dist/ is fresh\\n' : 'dist/hello/index.js is not what actions/ builds\\n')
process.exitCode = isFresh ? 0 : 1
`,
}

export function playRepository(): Played {
  const scratch = mkdtempSync(path.join(tmpdir(), 'played release '))
  const root = path.join(scratch, 'checkout')
  const remote = path.join(scratch, 'remote.git')
  const pidFile = path.join(scratch, 'pid')
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_INDEX_FILE: undefined,
    GITHUB_REPOSITORY: 'octo/clicks',
    GITHUB_SERVER_URL: 'https://github.com',
    GIT_CONFIG_GLOBAL: path.join(scratch, 'gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
  }
  writeFileSync(
    path.join(scratch, 'gitconfig'),
    '[user]\n\tname = A Maintainer\n\temail = maintainer@example.invalid\n[init]\n\tdefaultBranch = main\n[commit]\n\tgpgSign = false\n',
  )
  const gitIn = (folder: string, ...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), text)
  }
  mkdirSync(root)
  gitIn(scratch, 'init', '-q', '--bare', remote)
  gitIn(root, 'init', '-q')
  gitIn(root, 'remote', 'add', 'origin', remote)
  for (const [file, text] of Object.entries(FILES)) write(file, text)
  for (const file of ['config.json', 'changelog.mjs'])
    cpSync(path.join(project, '.changeset', file), path.join(root, '.changeset', file), { recursive: true })
  let changesets = 0
  const run = (
    args: readonly string[],
    cwd: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
        cwd,
        env: { ...env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      writeFileSync(pidFile, String(child.pid))
      let [stdout, stderr] = ['', '']
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString()
      })
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString()
      })
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, stdout, stderr }))
    })
  const hooks = { before: path.join(remote, 'hooks/update'), after: path.join(remote, 'hooks/post-receive') }
  const played: Played = {
    root,
    remote,
    write,
    remove: (file) => rmSync(path.join(root, file)),
    git: (...args) => gitIn(root, ...args),
    merge(message) {
      gitIn(root, 'add', '-A')
      gitIn(root, 'commit', '-q', '-m', message)
      gitIn(root, 'push', '-q', 'origin', 'HEAD:refs/heads/main')
      return gitIn(root, 'rev-parse', 'HEAD')
    },
    changeset: (bump, text) =>
      write(
        `.changeset/change-${(changesets += 1)}.md`,
        `---\n"clickstream-actions": ${bump}\n---\n\n${text}\n`,
      ),
    release: (...options) =>
      run([path.join(project, 'scripts/release.ts'), '--root', root, ...options], root),
    publish: (folder, words, environment) =>
      run([path.join(project, 'scripts/release/publish.mjs'), ...words], folder, environment),
    remoteRef: (ref) => gitIn(root, 'ls-remote', 'origin', ref).split('\t')[0] || undefined,
    onRemote: (ref, file) => gitIn(remote, 'show', `${ref}:${file}`),
    killAt(ref, moment) {
      const kill = `kill -9 "$(cat '${pidFile}')"`
      writeFileSync(
        hooks[moment],
        moment === 'before'
          ? `#!/bin/sh\nif [ "$1" = ${ref} ]; then ${kill}; exit 1; fi\n`
          : `#!/bin/sh\nif grep -q ' ${ref}$'; then ${kill}; fi\n`,
      )
      chmodSync(hooks[moment], 0o755)
    },
    refusePushes(words) {
      writeFileSync(
        hooks.before,
        `#!/bin/sh\nif [ "$1" = refs/heads/main ]; then echo '${words}' >&2; exit 1; fi\n`,
      )
      chmodSync(hooks.before, 0o755)
    },
    heal: () => Object.values(hooks).forEach((hook) => rmSync(hook, { force: true })),
    clone() {
      const folder = mkdtempSync(path.join(scratch, 'clone-'))
      gitIn(scratch, 'clone', '-q', remote, folder)
      return folder
    },
    end: () => rmSync(scratch, { recursive: true, force: true }),
  }
  if (!existsSync(path.join(root, '.changeset/config.json')))
    throw new Error('the project has no changeset configuration')
  played.merge('Everything')
  return played
}

export const contentOf = (folder: string, file: string): string =>
  readFileSync(path.join(folder, file), 'utf8')

/** Version 0.1.0, released; gives the commit that its tag names. */
export async function firstRelease(played: Played): Promise<string> {
  played.changeset('minor', 'Greets people.')
  played.merge('Say what the release brings')
  const { code, stderr } = await played.release()
  if (code !== 0) throw new Error(`the first release failed:\n${stderr}`)
  played.git('pull', '-q', '--ff-only', 'origin', 'main')
  return played.remoteRef('refs/tags/v0.1.0') ?? ''
}
