/**
 * What docs/scale.md is computed from: one day of 1, 2 and 4 times as many events through both Spark jobs, and the bytes
 * BigQuery counts. It writes docs/scale.json, with the machine and what else it did, and asserts nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import path from 'node:path'
import { ensureSpark } from '../local/toolchain/index.ts'
import { openSpark, wholeDay } from './bench-spark-jobs.ts'
import { warehouse } from './bench-warehouse.ts'
import { bytesOfDay, HISTORIES, slope, type Scale, type SparkDay, type SparkRun } from './scale-page.ts'
import type { Measured } from './measured.ts'

const ROWS = [500_000, 1_000_000, 2_000_000]
const FILE = 'docs/scale.json'

/** Each half is kept by itself, so that one may be measured again. */
function keep(root: string, half: Partial<Scale>): Scale {
  const file = path.join(root, FILE)
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Scale) : undefined
  const found = { ...before, ...half } as Scale
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
  return found
}

/** The bytes are the same on every machine. */
export async function scaleOfBigQuery(root: string, say: (line: string) => void): Promise<Measured[]> {
  const found = keep(root, { warehouse: await warehouse(root, say, HISTORIES) })
  const { perNew, perOld } = bytesOfDay(found.warehouse)
  say(`  ${FILE}: ${perNew.toFixed(0)} bytes per event of a day, ${perOld.toFixed(1)} per event before`)
  return []
}

export async function scaleOfSpark(root: string, say: (line: string) => void): Promise<Measured[]> {
  const load = Number(loadavg()[0]!.toFixed(1))
  const run: SparkRun = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      cores: cpus().length,
      model: cpus()[0]?.model ?? 'unknown processor',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    load,
    ...(await sparkDays(root, say)),
  }
  keep(root, { spark: run })
  const { coreSecondsPerEvent, last } = slope(run.days)
  return [
    {
      what: `${last.rows.toLocaleString('en')} events of one day, processor time by the slope`,
      seconds: coreSecondsPerEvent * last.rows,
      against: 'both cores for as long as it took',
      reference: 2 * last.twoCoresSeconds,
    },
  ]
}

async function sparkDays(
  root: string,
  say: (line: string) => void,
): Promise<Pick<SparkRun, 'startSeconds' | 'days'>> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-scale-'))
  try {
    const jobs = openSpark(root, await ensureSpark(say), scratch)
    // The first start on a machine makes what later ones only load.
    await wholeDay(jobs, scratch, 1, 2)
    const [one, two] = [await wholeDay(jobs, scratch, 1, 1), await wholeDay(jobs, scratch, 1, 2)]
    const days: SparkDay[] = []
    for (const rows of ROWS) {
      const alone = await wholeDay(jobs, scratch, rows, 1)
      const both = await wholeDay(jobs, scratch, rows, 2)
      days.push({
        rows,
        oneCoreSeconds: rounded(alone.seconds - one.seconds),
        twoCoresSeconds: rounded(both.seconds - two.seconds),
        taskSeconds: rounded(both.taskSeconds),
        largestTaskBytes: both.largestTask,
        shuffleBytes: both.shuffleBytes,
        bytes: both.bytes,
      })
      say(`  ${rows.toLocaleString('en')} events: ${JSON.stringify(days.at(-1))}`)
    }
    return { startSeconds: rounded(two.seconds), days }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const rounded = (seconds: number): number => Number(seconds.toFixed(2))
