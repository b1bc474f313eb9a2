/** Knows where the hashed lock files of the Python tools lie; it reads them and nothing else. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export type LockName =
  | 'uv'
  | 'java'
  | 'build'
  | 'spark'
  | 'dbt'
  | 'dbt-tests'
  | 'airflow'
  | 'airflow2'
  | 'checks'
  | 'terraform'
  | 'checkov'

export const lockPath = (name: LockName): string =>
  fileURLToPath(new URL(`./locks/${name}.txt`, import.meta.url))
export const readLock = (name: LockName): Promise<string> => readFile(lockPath(name), 'utf8')
