/**
 * Reads what Airflow's command line prints (`dags list-import-errors`, `dags list`, with `-o json`) and tells
 * which deployed file is meant. It refuses output that holds no list, and to match files by a part of their path.
 */
import { hideSecrets } from '../../_shared/secrets.ts'

export interface ImportError {
  readonly filepath: string
  readonly error: string
}
/** A DAG as Airflow knows it. */
export interface ParsedDag {
  readonly filepath: string
  /** NaN when this Airflow does not say. */
  readonly parsedMs: number
}

export function readImportErrors(lines: readonly string[]): ImportError[] | undefined {
  return readList(lines, 'filepath')?.map((item) => ({
    filepath: pathOf(item, 'filepath'),
    // Before it is cut into lines, of which each alone would not be known.
    error: hideSecrets(textOf(item.error)),
  }))
}

/** Airflow before 2.8 calls the path `filepath` and knows no time. */
export function readDags(lines: readonly string[]): ParsedDag[] | undefined {
  const key = ['fileloc', 'filepath'].find((name) => readList(lines, name) !== undefined)
  return key === undefined
    ? undefined
    : readList(lines, key)?.map((item) => ({
        filepath: pathOf(item, key),
        parsedMs: Date.parse(textOf(item.last_parsed_time)),
      }))
}

/** Composer's own, which is the DAG folder. */
const OUR_BUNDLE = 'dags-folder'

/** Airflow 3 gives paths inside a bundle, and those of two bundles may be equal. */
function pathOf(item: Item, key: string): string {
  const { bundle_name: bundle } = item
  const path = String(item[key])
  return typeof bundle !== 'string' || bundle === '' || bundle === OUR_BUNDLE
    ? path
    : `bundle ${bundle}: ${path}`
}

/**
 * The deployed file a path of Airflow's belongs to: the whole path below the DAG folder, or the archive that
 * holds it. Airflow 2 gives absolute paths, Airflow 3 paths inside the bundle.
 */
export function fileOf(filepath: string, files: ReadonlySet<string>): string | undefined {
  const below = belowDagFolder(filepath)
  if (files.has(below)) return below
  const archive = /^(.+?\.zip)\//.exec(below)?.[1]
  return archive !== undefined && files.has(archive) ? archive : undefined
}

/** Composer mounts the bucket at /home/airflow/gcs; the DAG folder lies in it. */
function belowDagFolder(filepath: string): string {
  return filepath.replace(/^\/home\/airflow\/gcs\/dags\//, '').replace(/^\/.*?\/dags\//, '')
}

/**
 * The last line of a traceback that lies in the file itself, else undefined; and the exception's own words.
 */
export function locate(error: ImportError, file: string): { line?: number; message: string } {
  const text = error.error.replaceAll('\\n', '\n')
  const frames = [...text.matchAll(/File "([^"]+)", line (\d+)/g)].filter(
    (frame) => belowDagFolder(frame[1] ?? '') === file,
  )
  const line = Number(frames.at(-1)?.[2])
  const words = text
    .trim()
    .split('\n')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return {
    line: Number.isInteger(line) ? line : undefined,
    message: words.at(-1) ?? 'the file does not import',
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

type Item = Readonly<Record<string, unknown>>

/**
 * Log lines may come before and after the JSON, and it may be spread over several lines; undefined when there
 * is none.
 */
function readList(lines: readonly string[], key: string): Item[] | undefined {
  for (let from = lines.length - 1; from >= 0; from -= 1) {
    const first = lines[from]?.trimStart() ?? ''
    if (/^No data found/i.test(first)) return []
    if (!first.startsWith('[')) continue
    const value = parse(lines.slice(from).join('\n')) ?? parse(first)
    if (!Array.isArray(value)) continue
    const isList = value.every(
      (item: unknown) => item !== null && typeof item === 'object' && typeof (item as Item)[key] === 'string',
    )
    if (isList) return value as Item[]
  }
  return undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
