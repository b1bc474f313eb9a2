/**
 * Archives the Java classes a Spark batch loads, which halves its start; without the archive everything still
 * works, only slower.
 */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce } from './installed-once.ts'
import { runTool, type Progress } from './run-tool.ts'
import type { SparkJars } from './spark-jars.ts'

const TRAINING = fileURLToPath(new URL('./train_class_archive.py', import.meta.url))
/** What Spark's own launcher opens on Java 17 and newer (JavaModuleOptions of Spark 3.5.9). */
const OPENED = [
  'java.lang',
  'java.lang.invoke',
  'java.lang.reflect',
  'java.io',
  'java.net',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'jdk.internal.ref',
  'sun.nio.ch',
  'sun.nio.cs',
  'sun.security.action',
  'sun.util.calendar',
]

export interface SparkPlace extends SparkJars {
  readonly python: string
  readonly javaHome: string
  readonly sparkHome: string
}

/** The jars lie on the class path itself, so that no batch copies them. */
export const sparkClassPath = (place: SparkPlace): string =>
  [join(place.sparkHome, 'jars', '*'), place.gcsConnectorJar, place.avroJar].join(':')

/**
 * Options of every Java here. A short life on two cores: the second compiler, parallel collectors and the
 * metrics page cost more than they bring.
 */
export const sparkJavaOptions: readonly string[] = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-XX:-UsePerfData',
  '-Xss4m',
  '-XX:+IgnoreUnrecognizedVMOptions',
  ...OPENED.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  '--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  '-Djdk.reflect.useDirectMethodHandle=false',
  '-Duser.timezone=UTC',
  '-Dfile.encoding=UTF-8',
]

/** Path of the archive, or an empty string when this Java cannot make one. */
export async function ensureClassArchive(place: SparkPlace, progress: Progress): Promise<string> {
  const release = await readFile(join(place.javaHome, 'release')).catch(() => '')
  const { archive } = await installOnce({
    name: 'spark-classes',
    content: [sparkClassPath(place), sparkJavaOptions.join(' '), release, await readFile(TRAINING)],
    progress,
    install: async (directory) => ({ archive: await makeArchive(place, directory, progress) }),
    isUsable: (installed: { archive: string }) => installed.archive === '' || existsSync(installed.archive),
  })
  return archive
}

async function makeArchive(place: SparkPlace, directory: string, progress: Progress): Promise<string> {
  progress('spark-classes: archiving the classes Spark starts with (once, about half a minute) …')
  const archive = join(directory, 'classes.jsa')
  const settings = {
    'spark.master': 'local[2]',
    'spark.ui.enabled': 'false',
    'spark.sql.catalogImplementation': 'in-memory',
    'spark.sql.shuffle.partitions': '4',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.local.dir': directory,
  }
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: directory,
    TMPDIR: directory,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    JAVA_HOME: place.javaHome,
    SPARK_HOME: place.sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: place.python,
    PYSPARK_DRIVER_PYTHON: place.python,
  }
  const command = [
    '-cp',
    sparkClassPath(place),
    '-Xmx1g',
    ...sparkJavaOptions,
    '-Xlog:disable',
    `-Djava.io.tmpdir=${directory}`,
    `-XX:ArchiveClassesAtExit=${archive}`,
    'org.apache.spark.deploy.SparkSubmit',
    ...Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
    TRAINING,
    join(directory, 'work'),
    place.gcsConnectorJar,
  ]
  try {
    await runTool(join(place.javaHome, 'bin', 'java'), command, {
      doing: 'Archiving classes',
      progress,
      cwd: directory,
      env,
    })
  } catch (error) {
    progress(
      `spark-classes: not made, batches start more slowly (${String((error as Error).message).split('\n')[0]})`,
    )
    return ''
  } finally {
    await rm(join(directory, 'work'), { recursive: true, force: true })
  }
  return existsSync(archive) ? archive : ''
}
