/**
 * Reads the source folder: which files, their bytes' digests, which of them are DAG files. It refuses links
 * and special files, and never shows credentials files to the plan.
 */
import { lstat, readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import ignore from 'ignore'
import { InputError } from '../../_shared/errors.ts'
import { digestsOf } from '../../_shared/google/storage.ts'
import { ALWAYS_IGNORED, listFiles } from '../../_shared/local-folder.ts'
import { AIRFLOW_IGNORE, airflowIgnore } from './airflow-ignore.ts'
import type { AirflowReading } from './airflow-reading.ts'
import { makesDag } from './confirm.ts'

export interface LocalFile {
  /** Relative to the source folder, with forward slashes. */
  readonly name: string
  readonly sizeBytes: number
  readonly md5: string
  readonly crc32c: string
  /** Airflow will parse it for DAGs: it goes after the modules it may import. */
  readonly isDagFile: boolean
  /** It says so; others that Airflow parses may hold none. */
  readonly makesDag: boolean
}

const READ_AT_ONCE = 16

export async function readLocalFiles(
  folder: string,
  options: {
    ignoreFile: string
    secretPaths: readonly string[]
    /** undefined where Airflow looks for no DAGs. */
    airflow: AirflowReading | undefined
  },
): Promise<LocalFile[]> {
  // Names differ by case, as in the bucket, for git on Linux and for gcloud; the library's default does not.
  const rules = ignore({ ignorecase: false })
    .add(await readIgnoreFile(folder, options.ignoreFile))
    .add([...ALWAYS_IGNORED])
    .add(`/${options.ignoreFile}`)
  const secrets = new Set(
    await Promise.all(
      options.secretPaths.map((secret) => realpath(secret).catch(() => path.resolve(secret))),
    ),
  )
  const names = await listFiles(folder, 'source', rules)
  const { airflow } = options
  const isHidden = airflow && airflowIgnore(await readAirflowIgnores(folder, names), airflow.ignoreSyntax)
  const files: LocalFile[] = []
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    files.push(
      ...(
        await Promise.all(
          names.slice(at, at + READ_AT_ONCE).map(async (name) => {
            const full = path.join(folder, name)
            if (secrets.has(await realpath(full))) return []
            const data = await readFile(full)
            const isDagFile =
              airflow !== undefined && looksLikeDag(name, data, airflow) && isHidden?.(name) === false
            return [
              {
                name,
                sizeBytes: data.length,
                ...digestsOf(data),
                isDagFile,
                makesDag: isDagFile && makesDag(name, data.toString('latin1')),
              },
            ]
          }),
        )
      ).flat(),
    )
  }
  return files
}

/**
 * gitignore's language plus gcloud's `#!include:FILE` for a file of the same folder
 * (https://cloud.google.com/sdk/gcloud/reference/topic/gcloudignore).
 */
async function readIgnoreFile(folder: string, name: string, depth = 0): Promise<string[]> {
  let text: string
  try {
    if (!(await lstat(path.join(folder, name))).isFile())
      throw new InputError(`Reading ${name}: it is not a plain file; put the file itself there.`, {
        input: 'ignore-file',
        given: name,
        problem: 'workspace-path',
      })
    text = await readFile(path.join(folder, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const lines: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const include = /^#!include:(.+)$/.exec(line.trim())?.[1]?.trim()
    if (include === undefined) lines.push(line)
    else if (/[/\\]/.test(include) || depth > 0)
      throw new InputError(
        `Reading ${name}: "#!include:${include}" must name a file of the same folder, one level deep.`,
        { input: 'ignore-file', given: include },
      )
    else lines.push(...(await readIgnoreFile(folder, include, depth + 1)))
  }
  return lines
}

/** Those that are deployed; Airflow reads them. */
async function readAirflowIgnores(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const name of names.filter((one) => path.posix.basename(one) === AIRFLOW_IGNORE))
    found.set(name.slice(0, -AIRFLOW_IGNORE.length - 1), await readFile(path.join(folder, name), 'utf8'))
  return found
}

/**
 * Airflow's own "safe mode": a Python file that mentions the words is parsed for DAGs
 * (airflow.utils.file.might_contain_dag_via_default_heuristic).
 */
function looksLikeDag(name: string, data: Buffer, airflow: AirflowReading): boolean {
  // Archives are looked into by Airflow alone.
  if (name.endsWith('.zip')) return true
  if (!name.endsWith('.py')) return false
  if (!airflow.isSafeMode) return true
  const text = data.toString('latin1').toLowerCase()
  return text.includes('airflow') && airflow.words.some((word) => text.includes(word))
}
