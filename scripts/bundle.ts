/**
 * Builds dist/ from actions/: tsc to CommonJS, then one ncc bundle per action. With --check it builds
 * elsewhere and refuses a dist/ that differs by a byte.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { minify } from '@swc/core'
import { unknownOption } from '../local/option-mistakes.ts'
import { licencesOf } from './licenses.ts'
import { putStandIns } from './stand-ins.ts'

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort())
const execute = promisify(execFile)
/** A stop ends the child and makes every later one fail, so the scratch folders are always removed. */
const run = (file: string, args: readonly string[], options: { cwd: string; maxBuffer?: number }) =>
  execute(file, args, { ...options, signal: stopped.signal })
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const bin = (name: string, file: string): string => path.join(root, 'node_modules', name, file)
const say = (line: string): void => void process.stderr.write(`${line}\n`)

interface Entry {
  readonly action: string
  readonly source: string
}

async function findEntries(): Promise<Entry[]> {
  const folders = (await readdir(path.join(root, 'actions')))
    .filter(
      (name) =>
        existsSync(path.join(root, 'actions', name, 'action.yml')) &&
        existsSync(path.join(root, 'actions', name, 'src/index.ts')),
    )
    .sort()
  return folders.map((action) => ({ action, source: `${action}/src/index.js` }))
}

/** What a package asks for only where Node lacks something that the actions' Node has; 84 kB in every bundle. */
const NEVER_ASKED_FOR = ['web-streams-polyfill/dist/ponyfill.es2018.js']

/** Calls ncc's command line as often as it is told. */
const IN_TURN = `const [cli, calls] = process.argv.slice(1)
const ncc = require(cli)
const inTurn = async () => { for (const call of JSON.parse(calls)) await ncc(call, process.stdout, process.stderr) }
inTurn().catch((error) => { console.error(error); process.exit(1) })`

/**
 * The build folder lies inside the root so that node_modules is found; its name differs per process and never
 * reaches the bundles.
 */
async function build(
  target: string,
  only: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  await mkdir(path.join(root, 'build'), { recursive: true })
  const work = await mkdtemp(path.join(root, 'build', 'bundle-'))
  try {
    const project = path.join(root, 'actions/tsconfig.json')
    await run(process.execPath, [bin('typescript', 'bin/tsc'), '-p', project, '--outDir', work, ...options], {
      cwd: root,
    }).catch(rethrowOutput('tsc'))
    await putStandIns(root, work)
    const entries = (await findEntries()).filter(({ action }) => only.length === 0 || only.includes(action))
    const outOf = ({ action }: Entry): string => path.join(target, action)
    const statsOf = ({ action }: Entry): string => path.join(work, `${action}.stats.json`)
    say(`bundling ${entries.map(({ action }) => action).join(', ')}`)
    // Module ids come from paths relative to the working folder: from inside it they are the same on every
    // machine. The cache is shared with other checkouts. One process learns its own code once.
    const calls = entries.map((entry) => [
      'build',
      entry.source,
      '-C',
      '-q',
      '--target',
      'es2022',
      ...NEVER_ASKED_FOR.flatMap((name) => ['-e', name]),
      '--stats-out',
      statsOf(entry),
      '-o',
      outOf(entry),
    ])
    await run(
      process.execPath,
      ['-e', IN_TURN, bin('@vercel/ncc', 'dist/ncc/cli.js'), JSON.stringify(calls)],
      {
        cwd: work,
        maxBuffer: 64 * 1024 * 1024,
      },
    ).catch(rethrowOutput('ncc'))
    for (const entry of entries) {
      const out = outOf(entry)
      await writeFile(
        path.join(out, 'licenses.txt'),
        await licencesOf(
          JSON.parse(await readFile(statsOf(entry), 'utf8')) as Parameters<typeof licencesOf>[0],
        ),
      )
      await rm(path.join(out, 'package.json'), { force: true })
      await minifyBundle(out)
      await copyAssets(entry, out)
      await writePost(entry, out)
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/**
 * ncc minifies its main file only, and slowly. Names of classes and functions stay: stacks and libraries that
 * compare names read them. Licences stand in licenses.txt.
 */
async function minifyBundle(out: string): Promise<void> {
  for (const name of (await readdir(out)).filter((file) => /^(\d+\.)?index\.js$/.test(file))) {
    const names = { keep_classnames: true, keep_fnames: true }
    const { code } = await minify(await readFile(path.join(out, name), 'utf8'), {
      module: false,
      compress: names,
      mangle: names,
      ...names,
      ecma: 2022,
      format: { comments: false },
    })
    await writeFile(path.join(out, name), code)
  }
}

/** The end of the job starts the same bundle, told that it is the end before anything of it runs. */
async function writePost({ action }: Entry, out: string): Promise<void> {
  if (existsSync(path.join(root, 'actions', action, 'src/post.ts')))
    await writeFile(
      path.join(out, 'post.js'),
      "globalThis[Symbol.for('clickstream-actions.end-of-job')] = true\nrequire('./index.js')\n",
    )
}

/**
 * Files an action needs beside its bundle and reads relative to it (for example a program in another
 * language).
 */
async function copyAssets(entry: Entry, out: string): Promise<void> {
  const assets = path.join(root, 'actions', entry.action, 'assets')
  if (existsSync(assets)) await cp(assets, out, { recursive: true })
}

function rethrowOutput(what: string) {
  return (error: { stdout?: string; stderr?: string; message: string }): never => {
    throw new Error(
      `${what}: ${(`${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message).slice(0, 8000)}`,
    )
  }
}

async function digests(folder: string): Promise<Map<string, string>> {
  if (!existsSync(folder)) return new Map()
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort()
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, string]> => [
        file,
        createHash('sha256')
          .update(await readFile(path.join(folder, file)))
          .digest('hex'),
      ]),
    ),
  )
}

async function check(): Promise<number> {
  const fresh = await mkdtemp(path.join(tmpdir(), 'dist-check-'))
  try {
    // Whether the types are right is a check of its own.
    await build(fresh, [], ['--noCheck'])
    const [wanted, found] = await Promise.all([digests(fresh), digests(path.join(root, 'dist'))])
    const differing = [...new Set([...wanted.keys(), ...found.keys()])]
      .filter((file) => wanted.get(file) !== found.get(file))
      .sort()
    for (const file of differing)
      say(
        `dist/${file} ${!found.has(file) ? 'is missing' : !wanted.has(file) ? 'is not built from anything' : 'is not what actions/ builds'}`,
      )
    say(
      differing.length === 0
        ? `dist/ is fresh: ${wanted.size} files`
        : 'dist/ is stale: run npm run bundle and commit the result',
    )
    return differing.length === 0 ? 0 : 1
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--check')
  if (unknown !== undefined)
    throw new Error(`npm run bundle: ${unknownOption(unknown, 'npm run bundle -- [--check | ACTION…]')}`)
  if (argv.includes('--check')) return check()
  const only = argv
  const actions = [...new Set((await findEntries()).map(({ action }) => action))]
  const strange = only.find((name) => !actions.includes(name))
  if (strange !== undefined)
    throw new Error(`npm run bundle: there is no action ${strange}; choose among ${actions.join(', ')}`)
  const fresh = await mkdtemp(path.join(root, '.dist-'))
  try {
    await build(fresh, only)
    const dist = path.join(root, 'dist')
    await mkdir(dist, { recursive: true })
    const built = await readdir(fresh)
    // A whole rebuild drops what is no longer built.
    const gone = only.length === 0 ? (await readdir(dist)).filter((name) => !built.includes(name)) : []
    for (const name of [...built, ...gone]) await rm(path.join(dist, name), { recursive: true, force: true })
    for (const name of built) await rename(path.join(fresh, name), path.join(dist, name))
    return 0
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: Error) => {
    say(stopped.signal.aborted ? 'stopped; dist/ is as it was' : error.message)
    process.exitCode = stopped.signal.aborted ? 130 : 1
  },
)
