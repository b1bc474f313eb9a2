/**
 * The two Spark jobs as a bench starts them, each with what its event log says it spent, and days of events to give
 * them. It asserts nothing.
 */
import { spawn } from 'node:child_process'
import {
  createReadStream,
  createWriteStream,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { ensureSpark } from '../local/toolchain/index.ts'

export const HEADER = 'timestamp,visitorid,event,itemid,transactionid\n'
export const FIRST_DAY = Date.parse('2015-06-01T00:00:00Z')
export const DAY_MS = 86_400_000

type Tools = Awaited<ReturnType<typeof ensureSpark>>
type Job = 'clean' | 'sessionize'
/** Of one batch, or of several added up. */
export interface Batch {
  /** Of the whole batch, Java's start included. */
  readonly seconds: number
  /** That its tasks spent computing, from Spark's event log: what grows with the rows, and hardly with other load. */
  readonly taskSeconds: number
  /** What the largest task read, from files or from the shuffle. */
  readonly largestTask: number
  /** What its tasks read from files. */
  readonly readBytes: number
  /** What its tasks wrote for others to read. */
  readonly shuffleBytes: number
}
export interface Spark {
  run(job: Job, cores: 1 | 2, ...args: string[]): Promise<Batch>
}

export const added = (...batches: readonly Batch[]): Batch => ({
  seconds: batches.reduce((sum, { seconds }) => sum + seconds, 0),
  taskSeconds: batches.reduce((sum, { taskSeconds }) => sum + taskSeconds, 0),
  largestTask: Math.max(...batches.map(({ largestTask }) => largestTask)),
  readBytes: batches.reduce((sum, { readBytes }) => sum + readBytes, 0),
  shuffleBytes: batches.reduce((sum, { shuffleBytes }) => sum + shuffleBytes, 0),
})
/** As the DAG and the workflows call it. */
export const asDeployed = ['--max-rejected-share', 'source']

/** What a job needs of its surroundings to run from the checkout. */
export const sparkEnvironment = (
  root: string,
  { python, javaHome, sparkHome }: Tools,
): Record<string, string> => ({
  SPARK_LOCAL_IP: '127.0.0.1',
  PYSPARK_PYTHON: python,
  JAVA_HOME: javaHome,
  SPARK_HOME: sparkHome,
  PYTHONPATH: path.join(root, 'spark'),
})

export function openSpark(root: string, tools: Tools, scratch: string): Spark {
  return {
    run: async (job, cores, ...args) => {
      const log = mkdtempSync(path.join(scratch, 'log-'))
      const conf = {
        'spark.ui.enabled': 'false',
        'spark.eventLog.enabled': 'true',
        'spark.eventLog.dir': `file://${log}`,
        'spark.eventLog.compress': 'false',
        'spark.eventLog.rolling.enabled': 'false',
      }
      const settings = Object.entries(conf).map(([key, value]) => `--conf ${key}=${value}`)
      const started = performance.now()
      const child = spawn(tools.python, [`spark/jobs/${job}.py`, ...args], {
        cwd: root,
        env: {
          ...process.env,
          ...sparkEnvironment(root, tools),
          PYSPARK_SUBMIT_ARGS: `--master local[${cores}] --driver-memory 1g ${settings.join(' ')} pyspark-shell`,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let told = ''
      child.stderr.on('data', (chunk: Buffer) => {
        told = (told + chunk.toString()).slice(-3000)
      })
      const [code] = (await once(child, 'close')) as [number | null]
      if (code !== 0) throw new Error(`${job} ended with ${code}: ${told}`)
      const seconds = (performance.now() - started) / 1000
      const tasks = await readTasks(log)
      rmSync(log, { recursive: true })
      return { seconds, ...tasks }
    },
  }
}

async function readTasks(folder: string): Promise<Omit<Batch, 'seconds'>> {
  let [taskSeconds, largestTask, readBytes, shuffleBytes] = [0, 0, 0, 0]
  for (const name of readdirSync(folder)) {
    for await (const line of createInterface({ input: createReadStream(path.join(folder, name)) })) {
      const event = JSON.parse(line) as { Event: string; 'Task Metrics'?: TaskMetrics }
      const metrics = event['Task Metrics']
      if (event.Event !== 'SparkListenerTaskEnd' || metrics === undefined) continue
      taskSeconds += metrics['Executor CPU Time'] / 1e9
      const shuffled = metrics['Shuffle Read Metrics']
      const read =
        metrics['Input Metrics']['Bytes Read'] + shuffled['Local Bytes Read'] + shuffled['Remote Bytes Read']
      largestTask = Math.max(largestTask, read)
      readBytes += metrics['Input Metrics']['Bytes Read']
      shuffleBytes += metrics['Shuffle Write Metrics']['Shuffle Bytes Written']
    }
  }
  return { taskSeconds, largestTask, readBytes, shuffleBytes }
}
interface TaskMetrics {
  readonly 'Executor CPU Time': number
  readonly 'Input Metrics': { readonly 'Bytes Read': number }
  readonly 'Shuffle Write Metrics': { readonly 'Shuffle Bytes Written': number }
  readonly 'Shuffle Read Metrics': {
    readonly 'Local Bytes Read': number
    readonly 'Remote Bytes Read': number
  }
}

/** Evenly over the day; each visitor comes back after 41 minutes on average, so that sessions open and go on. */
export async function writeDay(file: string, day: number, rows: number): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true })
  const out = createWriteStream(file)
  out.write(HEADER)
  const visitors = Math.ceil(rows / 35)
  for (let row = 0; row < rows; row += 1000) {
    let lines = ''
    for (let at = row; at < Math.min(rows, row + 1000); at += 1) {
      const ms = FIRST_DAY + day * DAY_MS + Math.floor((at / rows) * DAY_MS)
      const visitor = (at * 7919) % visitors
      const order = at % 100 === 99
      lines += `${ms},${visitor},${order ? 'transaction' : at % 20 === 3 ? 'addtocart' : 'view'},${(at * 31) % 20_000},${order ? at : ''}\n`
    }
    if (!out.write(lines)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}

export interface Day extends Batch {
  /** Of the files: as they came, and in the lake. */
  readonly bytes: Readonly<Record<'raw' | 'clean' | 'sessionized', number>>
}

/** Raw to sessions of one day in one file. */
export async function wholeDay(jobs: Spark, scratch: string, rows: number, cores: 1 | 2): Promise<Day> {
  const folder = path.join(scratch, `day-${rows}-${cores}`)
  const [raw, lake] = [path.join(folder, 'raw'), path.join(folder, 'lake')]
  await writeDay(path.join(raw, '2015-06-01.csv'), 0, rows)
  const clean = await jobs.run('clean', cores, '--raw', raw, '--lake', lake, ...asDeployed)
  const cut = await jobs.run('sessionize', cores, '--lake', lake)
  const bytesOf = (files: string): number =>
    globSync(files).reduce((sum, file) => sum + statSync(file).size, 0)
  const bytes = {
    raw: bytesOf(path.join(raw, '*.csv')),
    clean: bytesOf(path.join(lake, 'clean', '**', '*.parquet')),
    sessionized: bytesOf(path.join(lake, 'sessionized', '**', '*.parquet')),
  }
  rmSync(folder, { recursive: true, force: true })
  return { ...added(clean, cut), bytes }
}
