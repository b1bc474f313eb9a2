/**
 * Reads what `airflow dags list-import-errors -o json` prints, in the forms of Airflow 2 and 3. It refuses
 * output that holds no list at all.
 */

export interface ImportError {
  readonly filepath: string
  readonly error: string
}

/**
 * Log lines may come before the JSON, and it may be spread over several lines; undefined when there is none.
 */
export function readImportErrors(lines: readonly string[]): ImportError[] | undefined {
  for (let from = lines.length - 1; from >= 0; from -= 1) {
    const first = lines[from]?.trimStart() ?? ''
    if (/^No data found/i.test(first)) return []
    if (!first.startsWith('[')) continue
    const value = parse(lines.slice(from).join('\n')) ?? parse(first)
    if (!Array.isArray(value)) continue
    if (
      value.every(
        (item) =>
          item !== null &&
          typeof item === 'object' &&
          typeof (item as { filepath?: unknown }).filepath === 'string',
      )
    ) {
      return value.map((item: { filepath: string; error?: unknown }) => ({
        filepath: item.filepath,
        error: typeof item.error === 'string' ? item.error : JSON.stringify(item.error ?? ''),
      }))
    }
  }
  return undefined
}

/** Airflow 2 gives absolute paths (`/home/airflow/gcs/dags/x.py`), Airflow 3 paths inside the bundle. */
export function fileOf(error: ImportError, files: readonly string[]): string | undefined {
  const path = error.filepath.replaceAll('\\', '/')
  return files
    .filter((file) => path === file || path.endsWith(`/${file}`))
    .sort((a, b) => b.length - a.length)[0]
}

/**
 * The last line of a traceback that lies in the file itself, else undefined; and the exception's own words.
 */
export function locate(error: ImportError, file: string): { line?: number; message: string } {
  const text = error.error.replaceAll('\\n', '\n')
  const frames = [...text.matchAll(/File "([^"]+)", line (\d+)/g)].filter(
    (frame) => frame[1] === file || frame[1]?.endsWith(`/${file}`),
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
