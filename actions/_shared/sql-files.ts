/**
 * Reads SQL files whose path is the name of what they make, `<source>/<dataset>/<name>.sql`; it refuses other
 * paths and links.
 */
import fastGlob from 'fast-glob'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { SqlSource } from './bigquery-inputs.ts'
import type { TableName } from './dataset.ts'
import { InputError } from './errors.ts'
import { insideWorkspace } from './local-folder.ts'
import type { Annotation } from './report.ts'

export interface SqlFile {
  readonly name: TableName
  /** Relative to the workspace. */
  readonly file: string
  readonly sql: string
}

/** @param noun what a file makes, `view` or `table`. @returns sorted by path; at least one. */
export async function readSqlFiles(
  { workspace, sourceDir, source }: SqlSource,
  projectId: string,
  noun: string,
): Promise<SqlFile[]> {
  await insideWorkspace(workspace, sourceDir, 'source')
  const found = await fastGlob('**/*.sql', {
    cwd: sourceDir,
    dot: false,
    followSymbolicLinks: false,
    onlyFiles: false,
  })
  if (found.length === 0) {
    throw new InputError(
      `Reading the ${noun}s: there is no .sql file below ${source}; the path is the name: ${source}/<dataset>/<${noun}>.sql.`,
      {
        input: 'source',
        given: source,
        accepted: `a folder with <dataset>/<${noun}>.sql`,
        problem: 'workspace-path',
      },
    )
  }
  return Promise.all(
    found.sort().map(async (relative) => {
      const file = [source, relative].filter(Boolean).join('/')
      const refuse = (what: string): never => {
        throw refusedFile(noun, file, what)
      }
      const [datasetId = '', tableId = '', ...more] = relative.replace(/\.sql$/, '').split('/')
      if (
        more.length > 0 ||
        !/^\w{1,1024}$/.test(datasetId) ||
        !/^[\p{L}\p{M}\p{N}_-]{1,1024}$/u.test(tableId)
      )
        refuse(`is not named <dataset>/<${noun}>.sql`)
      const absolute = path.join(sourceDir, relative)
      if (!(await lstat(absolute)).isFile()) refuse('is a link or no regular file')
      const sql = (await readFile(absolute, 'utf8')).replace(/^\ufeff/, '').trimEnd()
      if (sql.trim() === '') refuse('is empty')
      return { name: { projectId, datasetId, tableId }, file, sql }
    }),
  )
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
