/**
 * How the two Spark jobs grow: with the rows of one day and a second core, with the days and files that are there
 * already, and with one visitor who is a machine. Events are made here, evenly over the day, and the same in each run.
 * It asserts nothing.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { ensureSpark } from '../local/toolchain/index.ts'
import {
  added,
  asDeployed,
  DAY_MS,
  FIRST_DAY,
  HEADER,
  openSpark,
  wholeDay,
  writeDay,
  type Batch,
  type Spark,
} from './bench-spark-jobs.ts'
import type { Measured } from './measured.ts'

const OLDER_DAYS = [1, 30, 300] as const
const OLDER_FILES = [1, 1_000, 5_000] as const

export async function spark(root: string, say: (line: string) => void): Promise<Measured[]> {
  const tools = await ensureSpark(say)
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-spark-'))
  const jobs = openSpark(root, tools, scratch)
  try {
    return [
      ...(await oneDay(jobs, scratch, say)),
      ...(await oneMoreDay(jobs, scratch, say)),
      ...(await oneMachine(jobs, scratch)),
    ]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Raw to sessions of one day; the time that Java takes to start is measured with one row and taken off. */
async function oneDay(jobs: Spark, scratch: string, say: (line: string) => void): Promise<Measured[]> {
  const whole = (rows: number, cores: 1 | 2): Promise<Batch> => wholeDay(jobs, scratch, rows, cores)
  const found: Measured[] = []
  const starts = { 1: (await whole(1, 1)).seconds, 2: (await whole(1, 2)).seconds }
  say(`  both jobs with one row: ${starts[1].toFixed(1)} s on one core, ${starts[2].toFixed(1)} s on two`)
  let before: number | undefined
  let tasksBefore: number | undefined
  for (const rows of [500_000, 1_000_000, 2_000_000]) {
    const one = (await whole(rows, 1)).seconds - starts[1]
    const { seconds, taskSeconds, largestTask } = await whole(rows, 2)
    const two = seconds - starts[2]
    const events = `${rows.toLocaleString('en')} events of one day`
    const what = `${events}, without the starts`
    say(`  ${events}: the largest task read ${(largestTask / 2 ** 20).toFixed(0)} MiB (aim: at most 256)`)
    found.push({ what: `${what}, two cores`, seconds: two, against: 'one core', reference: one })
    if (before !== undefined)
      found.push({ what: `${what}, two cores`, seconds: two, against: 'half the events', reference: before })
    if (tasksBefore !== undefined)
      found.push({
        what: `${events}, processor time of the tasks`,
        seconds: taskSeconds,
        against: 'half the events',
        reference: tasksBefore,
      })
    ;[before, tasksBefore] = [two, taskSeconds]
  }
  const peer = await duckdb(scratch, 2_000_000)
  found.push(
    {
      what: '2,000,000 events of one day, without the starts, two cores',
      seconds: before ?? NaN,
      against: 'DuckDB: read, judge, cut, write, two threads',
      reference: peer.seconds,
    },
    {
      what: '2,000,000 events of one day, processor time of the tasks',
      seconds: tasksBefore ?? NaN,
      against: 'processor time of DuckDB',
      reference: peer.processorSeconds,
    },
  )
  return found
}

async function duckdb(scratch: string, rows: number): Promise<{ seconds: number; processorSeconds: number }> {
  const file = path.join(scratch, 'peer', '2015-06-01.csv')
  await writeDay(file, 0, rows)
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect()
  const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`
  const started = performance.now()
  const before = process.cpuUsage()
  await connection.run(
    `CREATE TABLE clean AS SELECT DISTINCT * FROM read_csv(${quoted(file)}, all_varchar = true)
     WHERE TRY_CAST(timestamp AS BIGINT) IS NOT NULL AND visitorid <> '' AND itemid <> ''
       AND event IN ('view', 'addtocart', 'transaction') AND (event = 'transaction') = (COALESCE(transactionid, '') <> '')`,
  )
  await connection.run(`COPY clean TO ${quoted(path.join(scratch, 'clean.parquet'))} (FORMAT parquet)`)
  await connection.run(
    `COPY (SELECT *, SUM(opens) OVER (PARTITION BY visitorid ORDER BY ms, event, itemid ROWS UNBOUNDED PRECEDING) AS session
       FROM (SELECT *, TRY_CAST(timestamp AS BIGINT) AS ms,
         CASE WHEN ms - LAG(ms) OVER (PARTITION BY visitorid ORDER BY ms, event, itemid) > 1800000 THEN 1 ELSE 0 END AS opens FROM clean))
     TO ${quoted(path.join(scratch, 'cut.parquet'))} (FORMAT parquet)`,
  )
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / 1e6 }
}

/** A new day of 2,000 events after days that are there already, in few files and in many. */
async function oneMoreDay(jobs: Spark, scratch: string, say: (line: string) => void): Promise<Measured[]> {
  const next = async (days: number, files: number): Promise<Batch> => {
    const folder = path.join(scratch, `history-${days}-${files}`)
    const [raw, lake] = [path.join(folder, 'raw'), path.join(folder, 'lake')]
    const each = Math.max(1, Math.floor(files / days))
    for (let day = 0; day < days; day += 1)
      for (let part = 0; part < each; part += 1)
        await writeDay(path.join(raw, `day-${day}-${part}.csv`), day, Math.ceil(2_000 / each))
    const args = (days: string): string[] => ['--lake', lake, '--days', days]
    await jobs.run('clean', 2, '--raw', raw, ...args('new'), ...asDeployed)
    await jobs.run('sessionize', 2, ...args('new'))
    await writeDay(path.join(raw, 'next.csv'), days, 2_000)
    const clean = await jobs.run('clean', 2, '--raw', raw, ...args('new'), ...asDeployed)
    const cut = await jobs.run('sessionize', 2, ...args('new'))
    rmSync(folder, { recursive: true, force: true })
    return added(clean, cut)
  }
  const found: Measured[] = []
  const kib = ({ readBytes }: Batch): string => `${(readBytes / 1024).toFixed(0)} KiB`
  const least = await next(OLDER_DAYS[0], OLDER_FILES[0])
  for (const [days, files, what] of [
    ...OLDER_DAYS.slice(1).map((days) => [days, days, `${days} days`] as const),
    ...OLDER_FILES.slice(1).map(
      (files) => [1, files, `${files.toLocaleString('en')} raw files of one day`] as const,
    ),
  ]) {
    const after = await next(days, files)
    say(`  one new day after ${what}: its tasks read ${kib(after)}, after one day ${kib(least)}`)
    found.push({
      what: `one new day after ${what}, starts included`,
      seconds: after.seconds,
      against: 'after one day in one file',
      reference: least.seconds,
    })
  }
  return found
}

/** A visitor of a million events on one day, in a driver of 1 GB, beside as many events of many visitors. */
async function oneMachine(jobs: Spark, scratch: string): Promise<Measured[]> {
  const rows = 1_000_000
  const timed = async (name: string, change: (line: string) => string): Promise<number> => {
    const [raw, lake] = [path.join(scratch, name, 'raw'), path.join(scratch, name, 'lake')]
    mkdirSync(raw, { recursive: true })
    const lines: string[] = [HEADER.trimEnd()]
    for (let at = 0; at < rows; at += 1)
      lines.push(
        change(`${FIRST_DAY + Math.floor((at / rows) * DAY_MS)},${at % 30_000},view,${at % 20_000},`),
      )
    writeFileSync(path.join(raw, 'day.csv'), `${lines.join('\n')}\n`)
    const everything = ['--max-events-per-visitor-day', String(rows)]
    const clean = await jobs.run('clean', 2, '--raw', raw, '--lake', lake, ...asDeployed, ...everything)
    return added(clean, await jobs.run('sessionize', 2, '--lake', lake)).seconds
  }
  const many = await timed('many', (line) => line)
  const one = await timed('one', (line) => line.replace(/,\d+,view/, ',1,view'))
  return [
    {
      what: '1,000,000 events of one visitor in 1 GB, starts included',
      seconds: one,
      against: 'of 30,000 visitors',
      reference: many,
    },
  ]
}
