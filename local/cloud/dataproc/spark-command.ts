/**
 * Spells the spark-submit of one batch: which Java options, which Spark settings, which environment. It
 * starts nothing and inherits nothing.
 */
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sparkClassPath, sparkJavaOptions, type SparkTools } from '../../toolchain/index.ts'
import type { BatchRequest } from './batch-request.ts'
import { workloadOf } from './workload.ts'

export interface StagedFiles {
  /** Absent when a class is found in the jars. */
  readonly main: string | undefined
  readonly pythonFiles: readonly string[]
  readonly jars: readonly string[]
  readonly files: readonly string[]
  readonly archives: readonly string[]
}
export interface SparkRun {
  readonly tools: SparkTools
  readonly request: BatchRequest
  readonly staged: StagedFiles
  /** Private to the batch: `work`, `tmp`, `warehouse` lie in it. */
  readonly folder: string
  readonly origin: string
  readonly project: string
  /** `127.0.0.1:PORT` of the metadata server that speaks for the workload account. */
  readonly metadataHost: string
}

const LOGGING = fileURLToPath(new URL('./log4j2.properties', import.meta.url))
const SETTINGS = {
  'spark.ui.enabled': 'false',
  'spark.sql.catalogImplementation': 'in-memory',
  'spark.sql.shuffle.partitions': '4',
  'spark.driver.host': '127.0.0.1',
  'spark.driver.bindAddress': '127.0.0.1',
}
/** Sizes and services of the managed runtime that one machine has no use for. */
const SIZING =
  /^(spark\.(driver|executor)\.(cores|memory|memoryOverhead|memoryOverheadFactor)|spark\.executor\.instances|spark\.dynamicAllocation\..*|spark\.dataproc\..*|dataproc\..*)$/
const DRIVER_ENVIRONMENT = 'spark.dataproc.driverEnv.'
const GIB = 1024 ** 3

const heapMebibytes = (): number => Math.round(Math.min(4, Math.max(1, totalmem() / GIB / 4)) * 1024)

/** Later entries win over the caller's: they are what makes the batch run here, as its own account. */
export function sparkSettings(run: SparkRun): Record<string, string> {
  const given = Object.entries(run.request.runtimeConfig.properties ?? {}).map(
    ([key, value]) => [key.replace(/^spark:/, ''), value] as const,
  )
  return {
    ...SETTINGS,
    ...Object.fromEntries(given.filter(([key]) => key.startsWith('spark.') && !SIZING.test(key))),
    'spark.master': 'local[2]',
    'spark.local.dir': join(run.folder, 'tmp'),
    'spark.sql.warehouse.dir': join(run.folder, 'warehouse'),
    'spark.pyspark.python': run.tools.python,
    'spark.pyspark.driver.python': run.tools.python,
    ...(run.staged.jars.length > 0 ? { 'spark.jars': run.staged.jars.join(',') } : {}),
    'spark.hadoop.fs.gs.impl': 'com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem',
    'spark.hadoop.fs.AbstractFileSystem.gs.impl': 'com.google.cloud.hadoop.fs.gcs.GoogleHadoopFS',
    'spark.hadoop.fs.gs.storage.root.url': `${run.origin}/`,
    'spark.hadoop.fs.gs.project.id': run.project,
  }
}

export function sparkCommand(run: SparkRun): string[] {
  const { tools, staged } = run
  const heap = `${heapMebibytes()}m`
  const settings = Object.entries(sparkSettings(run)).flatMap(([key, value]) => ['--conf', `${key}=${value}`])
  const lists = (
    [
      ['--py-files', staged.pythonFiles],
      ['--files', staged.files],
      ['--archives', staged.archives],
    ] as const
  ).flatMap(([flag, paths]) => (paths.length > 0 ? [flag, paths.join(',')] : []))
  return [
    join(tools.javaHome, 'bin', 'java'),
    '-cp',
    sparkClassPath(tools),
    `-Xmx${heap}`,
    '-Xms256m',
    ...sparkJavaOptions,
    // A JVM that finds the archive unfit runs without it; its remark about that is not the driver's output.
    ...(tools.classArchive ? [`-XX:SharedArchiveFile=${tools.classArchive}`, '-Xlog:disable'] : []),
    `-Dlog4j2.configurationFile=${LOGGING}`,
    `-Djava.io.tmpdir=${join(run.folder, 'tmp')}`,
    'org.apache.spark.deploy.SparkSubmit',
    '--name',
    'batch',
    '--driver-memory',
    heap,
    ...settings,
    ...lists,
    ...driver(run),
  ]
}

/** Spark's own SQL command line; `spark-internal` says that the class is on the class path. */
const SQL_DRIVER = 'org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver'

function driver({ staged, request }: SparkRun): string[] {
  const workload = workloadOf(request)
  if (workload.kind === 'sql')
    return [
      '--class',
      SQL_DRIVER,
      'spark-internal',
      '-f',
      staged.main!,
      ...Object.entries(workload.variables).flatMap(([name, value]) => ['--hivevar', `${name}=${value}`]),
    ]
  const named = workload.mainClass === undefined ? [] : ['--class', workload.mainClass]
  return [...named, staged.main ?? 'spark-internal', ...workload.args]
}

export function sparkEnvironment(run: SparkRun): Record<string, string> {
  const own = Object.entries(run.request.runtimeConfig.properties ?? {})
    .map(([key, value]) => [key.replace(/^spark:/, ''), value] as const)
    .filter(([key]) => key.startsWith(DRIVER_ENVIRONMENT))
    .map(([key, value]) => [key.slice(DRIVER_ENVIRONMENT.length), value] as const)
  return {
    ...Object.fromEntries(own),
    PATH: [dirname(run.tools.python), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: run.folder,
    TMPDIR: join(run.folder, 'tmp'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    JAVA_HOME: run.tools.javaHome,
    SPARK_HOME: run.tools.sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: run.tools.python,
    PYSPARK_DRIVER_PYTHON: run.tools.python,
    // The connector and Google's Python clients find the workload account's token here, and nowhere else.
    GCE_METADATA_HOST: run.metadataHost,
    GCE_METADATA_ROOT: run.metadataHost,
    GCE_METADATA_IP: run.metadataHost,
    GOOGLE_CLOUD_PROJECT: run.project,
  }
}
