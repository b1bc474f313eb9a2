/**
 * Reads SQL files whose path is the name of what they make, `<source>/<dataset>/<name>.sql`, or stand in a folder
 * of that name; it refuses other paths and links.
 */
import fastGlob from 'fast-glob'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { SqlSource } from './bigquery-inputs.ts'
import { nameKey, shortName, type TableName } from './dataset.ts'
import { InputError } from './errors.ts'
import { insideWorkspace } from './local-folder.ts'
import type { Annotation } from './report.ts'
import { fillIn, refuseUnknown } from './sql-variables.ts'

export interface SqlFile {
  readonly name: TableName
  /** Relative to the workspace. */
  readonly file: string
  /** With its variables filled in. */
  readonly sql: string
  /** A variable stands in the folder that is the dataset. */
  readonly hasVariableDataset?: true
  /** A variable stands in what is named in that folder. */
  readonly hasVariableName?: true
  readonly metadata?: { readonly file: string; readonly text: string }
}

/** How the files of one action are called. */
export interface SqlLayout {
  /** What a file makes, `view` or `table`. */
  readonly noun: string
  /** Names of the file in a folder of its own, `<dataset>/<name>/<leaf>.sql`; `metadata.yaml` may stand beside it. */
  readonly leaves?: readonly string[]
  /** Whether `<source>/<dataset>.sql` describes a dataset: its name has an empty table. */
  readonly hasDatasets?: boolean
  /** What to do where the last file went on purpose. */
  readonly whenEmpty?: string
}

/** @returns sorted by path; at least one. */
export async function readSqlFiles(
  { workspace, sourceDir, source, variables }: SqlSource,
  projectId: string,
  { noun, leaves = [], hasDatasets = false, whenEmpty }: SqlLayout,
): Promise<SqlFile[]> {
  await insideWorkspace(workspace, source || '.', 'source')
  const find = (pattern: string): Promise<string[]> =>
    fastGlob(pattern, { cwd: sourceDir, dot: false, followSymbolicLinks: false, onlyFiles: false })
  const found = await find('**/*.sql')
  if (found.length === 0) {
    throw new InputError(
      `Reading the ${noun}s: there is no .sql file below ${source}; the path is the name: ${source}/<dataset>/<${noun}>.sql.`,
      {
        input: 'source',
        given: source,
        accepted: `a folder with <dataset>/<${noun}>.sql`,
        problem: 'workspace-path',
        hint: whenEmpty,
      },
    )
  }
  const wrong: string[] = []
  const read = async (relative: string): Promise<string> => {
    const file = [source, relative].filter(Boolean).join('/')
    const absolute = path.join(sourceDir, relative)
    if (!(await lstat(absolute)).isFile()) throw refusedFile(noun, file, 'is a link or no regular file')
    const filled = fillIn((await readFile(absolute, 'utf8')).replace(/^\ufeff/, ''), file, variables)
    wrong.push(...filled.wrong)
    return filled.text
  }
  const metadata = leaves.length === 0 ? [] : await find('**/metadata.{yaml,yml}')
  const files = await Promise.all(
    found.sort().map(async (relative): Promise<SqlFile> => {
      const file = [source, relative].filter(Boolean).join('/')
      const named = fillIn(relative, file, variables)
      refuseUnknown(noun, named.wrong, variables)
      const parts = named.text.replace(/\.sql$/, '').split('/')
      const hasFolder = parts.length === 3 && leaves.includes(parts[2]!)
      const [datasetId = '', tableId = ''] = parts
      const isDataset = hasDatasets && parts.length === 1
      if (
        (parts.length !== 2 && !hasFolder && !isDataset) ||
        !/^\w{1,1024}$/.test(datasetId) ||
        (!isDataset && !/^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]{1,1024}$/u.test(tableId))
      )
        throw refusedFile(noun, file, `is not named <dataset>/<${noun}>.sql${folderForm(noun, leaves)}`)
      const sql = (await read(relative)).trimEnd()
      if (sql.trim() === '') throw refusedFile(noun, file, 'is empty')
      const beside = hasFolder ? `${path.posix.dirname(relative)}/metadata.yaml` : ''
      const name = { projectId, datasetId, tableId }
      const [folder, ...rest] = relative.split('/')
      const whole = {
        ...{ name, file, sql },
        ...(parts.length > 1 && folder !== datasetId ? { hasVariableDataset: true as const } : {}),
        ...(rest.join('/') !== named.text.split('/').slice(1).join('/')
          ? { hasVariableName: true as const }
          : {}),
      }
      if (!metadata.includes(beside)) return whole
      const text = await read(beside)
      return { ...whole, metadata: { file: [source, beside].filter(Boolean).join('/'), text } }
    }),
  )
  refuseTwice(noun, files)
  const used = new Set(files.map(({ metadata }) => metadata?.file))
  const stray = metadata
    .map((relative) => [source, relative].filter(Boolean).join('/'))
    .find((file) => !used.has(file))
  if (stray !== undefined)
    throw refusedFile(
      noun,
      stray,
      `is read for no ${noun}: metadata.yaml stands beside ${leaves.map((leaf) => `${leaf}.sql`).join(' or ')} in the folder of its ${noun}`,
    )
  refuseUnknown(noun, wrong.sort(), variables)
  return files
}

const folderForm = (noun: string, leaves: readonly string[]): string =>
  leaves.map((leaf) => ` or <dataset>/<${noun}>/${leaf}.sql`).join('')

function refuseTwice(noun: string, files: readonly SqlFile[]): void {
  const seen = new Map<string, string>()
  for (const { name, file } of files) {
    const earlier = seen.get(nameKey(name))
    if (earlier !== undefined)
      throw refusedFile(noun, file, `makes ${shortName(name)}, and so does ${earlier}`)
    seen.set(nameKey(name), file)
  }
}

export function refusedFile(noun: string, file: string, what: string): InputError {
  return new InputError(`Reading the ${noun}s: ${file} ${what}.`, {
    input: 'source',
    given: file,
    accepted: `<dataset>/<${noun}>.sql`,
    problem: 'workspace-path',
  })
}

/** What BigQuery said about a statement, at its place in the file. */
export function annotationOf(error: Error, file: string, title: string): Annotation {
  const place = /at \[(\d+):(\d+)\]/.exec(error.message)
  return {
    kind: 'error',
    title,
    message: error.message.replace(/^bigquery\.jobs\.\w+ on [^:]*: \d* ?/, ''),
    file,
    line: place === null ? 1 : Number(place[1]),
    column: place === null ? undefined : Number(place[2]),
  }
}
