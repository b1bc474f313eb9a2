// Makes node_modules equal package-lock.json and returns the Node 24 to run under; plain JS because it runs
// before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, sep } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainFailure } from './explain-failure.mjs'

const PINNED_MAJOR = 24
const STAMP = '.clickstream-lock'

export async function completeModules(root, say) {
  if (!isComplete(root)) {
    const release = await lockInstall(root, say)
    try {
      if (!isComplete(root)) await installModules(root, say)
    } finally {
      release()
    }
  }
  return chooseNode(root, say)
}

function isComplete(root) {
  const stamp = join(root, 'node_modules', STAMP)
  const hash = lockHash(root)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === hash) return true
  if (!matchesHiddenLock(root)) return false
  writeStamp(root, hash)
  return true
}

const lockHash = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

function writeStamp(root, hash) {
  const stamp = join(root, 'node_modules', STAMP)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(`${stamp}.${process.pid}.tmp`, `${hash}\n`)
  renameSync(`${stamp}.${process.pid}.tmp`, stamp)
}

/**
 * npm writes its hidden lockfile last, so one that agrees with package-lock.json means somebody's own `npm
 * ci` or `npm install` ran to its end.
 */
function matchesHiddenLock(root) {
  try {
    const installed = JSON.parse(
      readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'),
    ).packages
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const isPresent = ([path, entry]) =>
      installed[path]?.version === entry.version && installed[path]?.integrity === entry.integrity
    // The house itself and its workspaces are folders of this checkout; nothing imports them by their names.
    const named = Object.entries(wanted).filter(
      ([path, entry]) => path.includes('node_modules/') && entry.link !== true,
    )
    return (
      named.every((pair) => isPresent(pair) || (pair[1].optional === true && !installed[pair[0]])) &&
      Object.keys(installed).every((path) => wanted[path] && existsSync(join(root, path)))
    )
  } catch {
    return false
  }
}

/** One installer at a time per checkout; a lock whose owner is gone is taken over. */
async function lockInstall(root, say) {
  const file = join(root, '.local', 'install.lock')
  mkdirSync(dirname(file), { recursive: true })
  for (let waits = 0; ; waits += 1) {
    try {
      const handle = openSync(file, 'wx')
      writeFileSync(handle, String(process.pid))
      closeSync(handle)
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw explainFailure('Preparing the installation', error.message)
      const owner = Number(readOrEmpty(file))
      // An empty file is a lock being written this instant, unless it stays empty.
      if (owner ? !isAlive(owner) : waits > 5) rmSync(file, { force: true })
      else if (waits === 0)
        say(`Waiting for another installation of this checkout (process ${owner}) to end …`)
      await sleep(500)
    }
  }
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

async function installModules(root, say) {
  // Gone first: a run that dies half-way must not be taken for a whole one.
  for (const name of [STAMP, '.package-lock.json']) rmSync(join(root, 'node_modules', name), { force: true })
  say('Installing the packages of package-lock.json (once, about a minute) …')
  await runNpm(
    root,
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'Installing the npm packages',
    say,
  )
  writeStamp(root, lockHash(root))
}

async function runNpm(root, args, doing, say) {
  const { command, prefix } = findNpm(root)
  const startedMs = Date.now()
  const ticker = setInterval(
    () => say(`  … still installing (${Math.round((Date.now() - startedMs) / 1000)} s)`),
    15_000,
  )
  const child = spawn(command, [...prefix, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: process.env,
  })
  const stop = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-20_000)
    })
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', (error) =>
        reject(
          new Error(
            `npm could not be started (${error.message}); install npm and run the same command again.`,
          ),
        ),
      )
      child.once('close', (exitCode, signal) =>
        signal ? reject(new Error(`${doing} was stopped by ${signal}.`)) : resolve(exitCode),
      )
    })
    if (code !== 0) throw explainFailure(doing, output)
    say(`  done in ${Math.round((Date.now() - startedMs) / 1000)} s`)
  } finally {
    clearInterval(ticker)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop)
  }
}

/** npm beside a Node that is not inside node_modules: `npm ci` deletes that one while it runs. */
function findNpm(root) {
  const modules = join(root, 'node_modules') + sep
  const nodes = [
    process.execPath,
    ...(process.env.PATH ?? '')
      .split(delimiter)
      .filter(Boolean)
      .map((folder) => join(folder, 'node')),
  ]
  for (const candidate of nodes) {
    const node = realpathOrUndefined(candidate)
    if (!node || node.startsWith(modules) || node.startsWith(realpathOrUndefined(root) + sep)) continue
    const clis = [
      process.env.npm_execpath,
      join(dirname(node), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
      '/usr/share/nodejs/npm/bin/npm-cli.js',
    ]
    const cli = clis.find((path) => path?.endsWith('npm-cli.js') && existsSync(path))
    if (cli) return { command: node, prefix: [cli] }
  }
  return { command: 'npm', prefix: [] }
}

function realpathOrUndefined(path) {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

async function chooseNode(root, say) {
  const pinned = join(root, 'node_modules', 'node', 'bin', 'node')
  if (isWorkingNode(pinned)) return pinned
  if (Number(process.versions.node.split('.')[0]) >= PINNED_MAJOR) return process.execPath
  // Install scripts were blocked by the user's npm settings: the `node` package fetches its binary in one.
  say('Installing Node 24 from the npm package "node" …')
  await runNpm(
    root,
    ['rebuild', 'node', '--ignore-scripts=false', '--foreground-scripts', '--loglevel=error'],
    'Installing Node 24',
    say,
  )
  if (isWorkingNode(pinned)) return pinned
  throw new Error(
    `Node 24 could not be installed for ${process.platform} ${process.arch}; install Node 24 yourself and run the same command again.`,
  )
}

function isWorkingNode(path) {
  try {
    accessSync(path, constants.X_OK)
  } catch {
    return false
  }
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 30_000 })
  return answer.status === 0 && Number(answer.stdout.slice(1).split('.')[0]) === PINNED_MAJOR
}
