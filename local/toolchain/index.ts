/**
 * What the engines need on this machine, each made available by one call that is cheap when repeated; nothing
 * here runs an engine.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ensureClassArchive, type SparkPlace } from './class-archive.ts'
import { ensureJava } from './java.ts'
import { installOnce } from './installed-once.ts'
import { readLock } from './locks.ts'
import { ensureEnvironment } from './python-environment.ts'
import { runTool, type Progress } from './run-tool.ts'
import { ensureSparkJars, sparkJarsPin, type SparkJars } from './spark-jars.ts'

export { ensureActionlint } from './actionlint.ts'
export { ensureAirflowDatabase } from './airflow-database.ts'
export { ensureChromium, type Chromium } from './chromium.ts'
export { ensureSchemaProvider, SCHEMA_VERSION } from './schema-provider.ts'
export { sparkClassPath, sparkJavaOptions } from './class-archive.ts'
export type { Progress } from './run-tool.ts'

export interface SparkTools extends SparkJars {
  readonly python: string
  readonly javaHome: string
  readonly sparkHome: string
  readonly classArchive: string
}
export interface DbtTools {
  readonly python: string
  readonly dbt: string
}
export interface AirflowTools {
  readonly python: string
  readonly airflow: string
}
export interface CheckTools {
  readonly python: string
  readonly ruff: string
  readonly sqlfluff: string
  readonly pytest: string
  readonly zizmor: string
  readonly shellcheck: string
}

/** PySpark 3.5.9, as the managed runtime 2.3 has it, with a Java, the Cloud Storage connector and Avro. */
export async function ensureSpark(progress: Progress): Promise<SparkTools> {
  const python = await ensureEnvironment(
    { title: 'Spark 3.5', lock: 'spark', pythonRange: [10, 11], builtFromSource: ['pyspark'] },
    progress,
  )
  const place = await installOnce({
    name: 'spark-tools',
    content: [await readLock('spark'), python, process.env.JAVA_HOME ?? '', ...(await sparkJarsPin())],
    progress,
    install: async (directory) => {
      const where =
        'import importlib.util; print(importlib.util.find_spec("pyspark").submodule_search_locations[0])'
      const sparkHome = (
        await runTool(python, ['-I', '-c', where], { doing: 'Finding Spark', progress, cwd: directory })
      ).trim()
      const javaHome = await ensureJava(progress)
      return {
        python,
        javaHome,
        sparkHome,
        ...(await ensureSparkJars(javaHome, sparkHome, progress)),
      }
    },
    isUsable: (tools: SparkPlace) =>
      [
        tools.python,
        tools.sparkHome,
        join(tools.javaHome, 'bin', 'java'),
        tools.gcsConnectorJar,
        tools.avroJar,
      ].every((path) => existsSync(path)),
  })
  return { ...place, classArchive: await ensureClassArchive(place, progress) }
}

export async function ensureDbt(progress: Progress): Promise<DbtTools> {
  const python = await ensureEnvironment({ title: 'dbt 1.11', lock: 'dbt', pythonRange: [10, 13] }, progress)
  return { python, dbt: beside(python, 'dbt') }
}

/** The same dbt with the base tests for adapters, for deep checks only. */
export async function ensureDbtTests(progress: Progress): Promise<string> {
  return ensureEnvironment(
    { title: "dbt's tests for adapters", lock: 'dbt-tests', pythonRange: [10, 13] },
    progress,
  )
}

/**
 * Airflow 3.3 with the Google, Kubernetes and standard providers, without the libraries of Google products no
 * DAG here uses.
 */
export async function ensureAirflow(progress: Progress): Promise<AirflowTools> {
  const python = await ensureEnvironment(
    { title: 'Airflow 3.3', lock: 'airflow', pythonRange: [10, 13] },
    progress,
  )
  return { python, airflow: beside(python, 'airflow') }
}

/** The oldest Airflow the DAGs are valid on, for the deep checks only. */
export async function ensureAirflow2(progress: Progress): Promise<AirflowTools> {
  const python = await ensureEnvironment(
    { title: 'Airflow 2.11', lock: 'airflow2', pythonRange: [10, 12] },
    progress,
  )
  return { python, airflow: beside(python, 'airflow') }
}

/** Linters, pytest and Google's own clients with their discovery documents. */
export async function ensureChecks(progress: Progress): Promise<CheckTools> {
  const python = await ensureEnvironment(
    { title: 'the linters', lock: 'checks', pythonRange: [10, 14] },
    progress,
  )
  return {
    python,
    ruff: beside(python, 'ruff'),
    sqlfluff: beside(python, 'sqlfluff'),
    pytest: beside(python, 'pytest'),
    zizmor: beside(python, 'zizmor'),
    shellcheck: beside(python, 'shellcheck'),
  }
}

/** Policy checks of Terraform configurations; offline when told `--skip-download`. */
export async function ensureCheckov(progress: Progress): Promise<{ readonly checkov: string }> {
  return {
    checkov: beside(
      await ensureEnvironment({ title: 'checkov', lock: 'checkov', pythonRange: [10, 13] }, progress),
      'checkov',
    ),
  }
}

const beside = (python: string, command: string): string => join(dirname(python), command)
