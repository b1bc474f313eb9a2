// The one door of every npm verb: checks Node and Python, completes node_modules, then runs the verb under
// the pinned Node 24; it does no work itself.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const MINIMUM_NODE = 20
const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** `usage` answers --help before anything is installed; the verbs of the command line answer it themselves. */
const VERBS = {
  demo: { script: 'local/cli.ts', first: ['demo'], needsPython: true },
  local: { script: 'local/cli.ts', first: [], needsPython: true },
  test: { script: 'test/run.ts', first: ['test'], needsPython: true, usage: "[part of a check's name]…" },
  check: {
    script: 'test/run.ts',
    first: ['check'],
    needsPython: true,
    usage: "[--deep] [part of a check's name]…",
  },
  bundle: { script: 'scripts/bundle.ts', first: [], needsPython: false, usage: '[--check | ACTION…]' },
  environment: { script: 'scripts/environment.ts', first: [], needsPython: false, usage: 'NAME' },
  format: { script: 'scripts/format.ts', first: [], needsPython: true, usage: '[--check]' },
  docs: {
    script: 'scripts/docs.ts',
    first: [],
    needsPython: process.argv.includes('--pictures'),
    usage: '[--check | --repository OWNER/NAME | --pictures | --looker PROJECT [REPORT_ID]]',
  },
  changeset: {
    script: 'scripts/changeset.ts',
    first: [],
    needsPython: false,
    usage: '[--empty | status]',
  },
  pack: { script: 'scripts/pack-local.ts', first: [], needsPython: false, usage: '[FOLDER]' },
  release: {
    script: 'scripts/release.ts',
    first: [],
    needsPython: false,
    usage: '[--dry-run | --interface] [--out FOLDER] [--remote NAME] [--branch NAME] [--root FOLDER]',
  },
  'new-action': { script: 'scripts/new-action.ts', first: [], needsPython: false, usage: 'NAME' },
  bench: { script: 'scripts/bench.ts', first: [], needsPython: true, usage: '[NAME…]' },
}

const say = (line) => process.stderr.write(`${line}\n`)

async function start([verbName, ...rest]) {
  if (Number(process.versions.node.split('.')[0]) < MINIMUM_NODE) {
    throw new Error(
      `Node ${MINIMUM_NODE} or newer is needed, this is ${process.versions.node}; install a newer Node and run the same command again.`,
    )
  }
  const verb = Object.hasOwn(VERBS, verbName ?? '') ? VERBS[verbName] : undefined
  if (!verb)
    throw new Error(
      `Unknown verb ${JSON.stringify(verbName ?? '')}; one of ${Object.keys(VERBS).join(', ')} is needed.`,
    )
  if (verb.usage && rest.some((word) => word === '--help' || word === '-h')) {
    say(`npm run ${verbName} -- ${verb.usage}`)
    return 0
  }
  if (!existsSync(join(root, verb.script)))
    throw new Error(`The verb ${verbName} has no ${verb.script} in this checkout.`)
  const environment = { ...process.env }
  if (verb.needsPython) environment.CLICKSTREAM_PYTHON = await choosePython()
  const { completeModules } = await import('./toolchain/complete-modules.mjs')
  const node = await completeModules(root, say)
  // Children that call `node` must get the pinned one as well.
  environment.PATH = [dirname(node), environment.PATH].filter(Boolean).join(delimiter)
  // Node keeps what it made of the sources: the next start costs half.
  environment.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled')
  return runVerb(
    node,
    ['--disable-warning=ExperimentalWarning', join(root, verb.script), ...verb.first, ...rest],
    environment,
  )
}

async function choosePython() {
  const { findPython } = await import('./toolchain/find-python.mjs')
  const { python, seen } = findPython(10)
  if (python) return python.path
  const found = seen.length > 0 ? `only ${seen.join(', ')} was found` : 'none was found'
  throw new Error(
    `Python 3.10 or newer is needed and ${found}; install one (or name it in CLICKSTREAM_PYTHON) and run the same command again.`,
  )
}

/** Hands the terminal, every signal and the exit code through; resolves when the child is gone. */
function runVerb(node, args, env) {
  const child = spawn(node, args, { stdio: 'inherit', env })
  // At a terminal the whole foreground group already received Ctrl-C; a second one would read as "stop
  // tidying up".
  const isTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      if (!(isTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (!signal) return resolve(code ?? 1)
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(name)
      process.kill(process.pid, signal)
    })
  })
}

start(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  },
)
