/**
 * Fetches the Cloud Storage connector with the Ivy inside PySpark and refuses a jar whose SHA-256 is not the
 * pinned one.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { installOnce } from './installed-once.ts'
import { runTool, type Progress } from './run-tool.ts'

const IVY_FILE = fileURLToPath(new URL('./gcs-connector-ivy.xml', import.meta.url))
const SHA256 = 'cbaa2773283c2237f933f48deb77a6f912619e367b26efe186aee74f4b35d89c'

export async function ensureGcsConnector(
  javaHome: string,
  sparkHome: string,
  progress: Progress,
): Promise<string> {
  const { jar } = await installOnce({
    name: 'gcs-connector',
    content: [await readFile(IVY_FILE), SHA256],
    progress,
    install: async (directory) => ({ jar: await fetchJar(directory, javaHome, sparkHome, progress) }),
    isUsable: (installed: { jar: string }) => existsSync(installed.jar),
  })
  return jar
}

async function fetchJar(
  directory: string,
  javaHome: string,
  sparkHome: string,
  progress: Progress,
): Promise<string> {
  progress('gcs-connector: fetching hadoop3-2.2.26 …')
  const ivy = (await readdir(join(sparkHome, 'jars'))).find((name) => /^ivy-[\d.]+\.jar$/.test(name))
  if (!ivy) throw new Error(`Fetching the Cloud Storage connector failed: ${sparkHome} has no Ivy.`)
  const cache = join(directory, 'ivy')
  const options = ['-ivy', IVY_FILE, '-cache', cache, '-retrieve', join(directory, '[artifact].[ext]')]
  await runTool(
    join(javaHome, 'bin', 'java'),
    [...proxyOptions(), '-jar', join(sparkHome, 'jars', ivy), ...options],
    { doing: 'Fetching the Cloud Storage connector', progress, cwd: directory },
  )
  const jar = join(directory, 'gcs-connector.jar')
  await verify(jar)
  await rm(cache, { recursive: true, force: true })
  return jar
}

async function verify(jar: string): Promise<void> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(jar), digest)
  const found = digest.digest('hex')
  if (found !== SHA256)
    throw new Error(
      `Fetching the Cloud Storage connector failed: its SHA-256 is ${found} and not the pinned ${SHA256}; nothing was kept.`,
    )
}

/** Java reads no HTTPS_PROXY. */
function proxyOptions(): string[] {
  const proxy = process.env.HTTPS_PROXY || process.env.https_proxy
  if (!proxy || !URL.canParse(proxy)) return []
  const { hostname, port } = new URL(proxy)
  return [`-Dhttps.proxyHost=${hostname}`, `-Dhttps.proxyPort=${port || '443'}`]
}
