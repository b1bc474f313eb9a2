/**
 * Fetches what the Spark runtime has beside Spark (the Cloud Storage connector, Avro) with the Ivy inside
 * PySpark, and refuses a jar whose SHA-256 is not the pinned one.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { installOnce } from './installed-once.ts'
import { runTool, type Progress } from './run-tool.ts'

const IVY_FILE = fileURLToPath(new URL('./spark-jars-ivy.xml', import.meta.url))
const PINNED = {
  'gcs-connector.jar': 'cbaa2773283c2237f933f48deb77a6f912619e367b26efe186aee74f4b35d89c',
  'spark-avro_2.12.jar': '9dda7512c1052bcd3774cbe247572cd481d4481eb8a90b7c4865b23a12bbecf8',
} as const

export interface SparkJars {
  readonly gcsConnectorJar: string
  readonly avroJar: string
}

/** What tells one set of jars from another. */
export const sparkJarsPin = async (): Promise<string[]> => [
  await readFile(IVY_FILE, 'utf8'),
  JSON.stringify(PINNED),
]

export async function ensureSparkJars(
  javaHome: string,
  sparkHome: string,
  progress: Progress,
): Promise<SparkJars> {
  return await installOnce({
    name: 'spark-jars',
    content: await sparkJarsPin(),
    progress,
    install: (directory) => fetchJars(directory, javaHome, sparkHome, progress),
    isUsable: ({ gcsConnectorJar, avroJar }: SparkJars) => existsSync(gcsConnectorJar) && existsSync(avroJar),
  })
}

async function fetchJars(
  directory: string,
  javaHome: string,
  sparkHome: string,
  progress: Progress,
): Promise<SparkJars> {
  progress('spark-jars: fetching gcs-connector hadoop3-2.2.26 and spark-avro 3.5.9 …')
  const ivy = (await readdir(join(sparkHome, 'jars'))).find((name) => /^ivy-[\d.]+\.jar$/.test(name))
  if (!ivy) throw new Error(`Fetching the jars of Spark failed: ${sparkHome} has no Ivy.`)
  const cache = join(directory, 'ivy')
  const options = ['-ivy', IVY_FILE, '-cache', cache, '-retrieve', join(directory, '[artifact].[ext]')]
  await runTool(
    join(javaHome, 'bin', 'java'),
    [...proxyOptions(), '-jar', join(sparkHome, 'jars', ivy), ...options],
    { doing: 'Fetching the jars of Spark', progress, cwd: directory },
  )
  for (const [name, pinned] of Object.entries(PINNED)) await verify(join(directory, name), name, pinned)
  await rm(cache, { recursive: true, force: true })
  return {
    gcsConnectorJar: join(directory, 'gcs-connector.jar'),
    avroJar: join(directory, 'spark-avro_2.12.jar'),
  }
}

async function verify(jar: string, name: string, pinned: string): Promise<void> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(jar), digest)
  const found = digest.digest('hex')
  if (found !== pinned)
    throw new Error(
      `Fetching the jars of Spark failed: the SHA-256 of ${name} is ${found} and not the pinned ${pinned}; nothing was kept.`,
    )
}

/** Java reads no HTTPS_PROXY. */
function proxyOptions(): string[] {
  const proxy = process.env.HTTPS_PROXY || process.env.https_proxy
  if (!proxy || !URL.canParse(proxy)) return []
  const { hostname, port } = new URL(proxy)
  return [`-Dhttps.proxyHost=${hostname}`, `-Dhttps.proxyPort=${port || '443'}`]
}
