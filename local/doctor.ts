/**
 * `doctor`: says what this machine has, in lines a person can paste. It installs nothing and changes nothing.
 */
import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { stateFolder } from './called-as.ts'
import { cloudFilesOf, type CloudFiles } from './cloud-files.ts'
import { loadAccessFile } from './cloud/identity/access-file.ts'
import { loadEnvironment } from './cloud/identity/environment.ts'
import { findPython } from './toolchain/find-python.mjs'
import { cacheFolder } from './toolchain/installed-once.ts'
import { askJava } from './toolchain/java.ts'
import { parseOptions } from './parse-options.ts'

interface Finding {
  readonly isGood: boolean
  readonly what: string
}

const neededBytes = 4 * 1024 ** 3

export async function doctor(argv: string[], repoRoot: string): Promise<number> {
  const { values } = parseOptions({
    args: argv,
    options: { state: { type: 'string' }, environment: { type: 'string' }, access: { type: 'string' } },
  })
  const stateDir = stateFolder(values.state, repoRoot)
  const findings = [
    system(),
    python(),
    await java(),
    await toolchain(),
    await room(stateDir),
    await state(stateDir),
    await configuration(repoRoot, cloudFilesOf(values)),
  ]
  for (const { isGood, what } of findings) process.stdout.write(`${isGood ? 'ok  ' : 'LACK'} ${what}\n`)
  return findings.every(({ isGood }) => isGood) ? 0 : 1
}

function system(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return {
    isGood: major >= 24,
    what: `${process.platform} ${process.arch}, Node ${process.versions.node}${major >= 24 ? '' : ' (24 or newer is needed)'}`,
  }
}

function python(): Finding {
  const { python: found, seen } = findPython(10)
  if (found) return { isGood: true, what: `Python ${found.version} at ${found.path}` }
  return {
    isGood: false,
    what: `Python 3.10 or newer: ${seen.length > 0 ? `only ${seen.join(', ')}` : 'none found'}; name one in CLICKSTREAM_PYTHON`,
  }
}

async function java(): Promise<Finding> {
  const found = await askJava('java')
  if (found && found.major >= 17 && found.major <= 21)
    return { isGood: true, what: `Java ${found.major} at ${found.home}` }
  return {
    isGood: true,
    what: `Java: ${found ? `${found.major} does not fit Spark 3.5` : 'none found'}, so one is installed with the tools`,
  }
}

async function toolchain(): Promise<Finding> {
  const folder = cacheFolder()
  const installed: string[] = []
  for (const name of await readdir(folder).catch(() => []))
    if (await stat(join(folder, name, 'complete.json')).catch(() => undefined)) installed.push(name)
  return {
    isGood: true,
    what: `Tools in ${folder}: ${installed.length > 0 ? installed.sort().join(', ') : 'none yet (the first run sets them up, which needs the network)'}`,
  }
}

async function room(stateDir: string): Promise<Finding> {
  for (let folder = stateDir; ; folder = resolve(folder, '..')) {
    const disk = await statfs(folder).catch(() => undefined)
    if (!disk) continue
    const freeBytes = disk.bavail * disk.bsize
    const isWritable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    )
    return {
      isGood: isWritable && freeBytes >= neededBytes,
      what: `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free for ${stateDir}${isWritable ? '' : ', which cannot be written'} (4 GiB are enough)`,
    }
  }
}

async function state(stateDir: string): Promise<Finding> {
  const lock = await readFile(join(stateDir, 'lock'), 'utf8').catch(() => undefined)
  const hasData = await stat(join(stateDir, 'current')).then(
    () => true,
    () => false,
  )
  return {
    isGood: true,
    what: `State ${stateDir}: ${hasData ? 'holds a demo' : 'no demo yet'}${lock === undefined ? '' : `, lock ${lock.slice(0, 200)}`}`,
  }
}

async function configuration(repoRoot: string, files: CloudFiles): Promise<Finding> {
  try {
    const environment = await loadEnvironment(
      files.environmentFile ?? join(repoRoot, 'terraform-infra/environments/dev/environment.yaml'),
    )
    const { bindings } = await loadAccessFile(
      files.accessFile ?? join(repoRoot, 'terraform-infra/access.yaml'),
      environment,
    )
    return {
      isGood: true,
      what: `environment.yaml and access.yaml: project ${environment.project}, ${bindings.length} bindings`,
    }
  } catch (error) {
    return { isGood: false, what: (error as Error).message }
  }
}
