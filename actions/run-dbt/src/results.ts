/**
 * Reads dbt's artifacts (run results v6, manifest v12) as nodes with a verdict and a place in the source; it
 * refuses to call an unknown status a success.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'

export type Verdict = 'passed' | 'failed' | 'warned' | 'skipped'

export interface NodeResult {
  readonly id: string
  readonly name: string
  readonly resourceType: string
  readonly status: string
  readonly verdict: Verdict
  readonly message: string
  readonly seconds: number
  readonly rows?: number
  readonly bytesProcessed?: number
  /** Relative to the dbt project. */
  readonly file?: string
  readonly line?: number
}

export interface CommandResult {
  readonly isSuccess: boolean
  readonly exception?: string
  readonly seconds: number
  readonly nodes: readonly NodeResult[]
  /** Names that `dbt ls` gave; only of a dry run. */
  readonly listed?: readonly string[]
}

/** schemas/dbt run-results v6; `reused` and `no-op` are newer than most readers. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  success: 'passed',
  pass: 'passed',
  reused: 'passed',
  'no-op': 'passed',
  warn: 'warned',
  skipped: 'skipped',
  error: 'failed',
  fail: 'failed',
  'runtime error': 'failed',
  'partial success': 'failed',
}

interface RawResult {
  readonly unique_id: string
  readonly status: string
  readonly message?: string | null
  readonly execution_time?: number
  readonly adapter_response?: Readonly<Record<string, unknown>>
}
interface ManifestNode {
  readonly name?: string
  readonly original_file_path?: string
  readonly raw_code?: string
  readonly column_name?: string | null
  readonly test_metadata?: { readonly name?: string } | null
  readonly attached_node?: string | null
}
interface Manifest {
  readonly nodes?: Readonly<Record<string, ManifestNode>>
  readonly unit_tests?: Readonly<Record<string, ManifestNode>>
}

/** undefined when the command never ended. */
export async function readResults(
  folder: string,
  number: number,
  projectDir: string,
): Promise<CommandResult | undefined> {
  const record = (await readJson(path.join(folder, `${number}.json`))) as
    { success: boolean; exception: string | null; seconds: number; listed: string[] | null } | undefined
  if (record === undefined) return undefined
  const run = (await readJson(path.join(folder, `${number}.run_results.json`))) as
    { results?: readonly RawResult[] } | undefined
  const manifest = (await readJson(path.join(folder, `${number}.manifest.json`))) as Manifest | undefined
  return {
    isSuccess: record.success,
    exception: record.exception ?? undefined,
    seconds: record.seconds,
    listed: record.listed ?? undefined,
    nodes: await Promise.all(
      (run?.results ?? []).map((result) => placeTest(describeNode(result, manifest), manifest, projectDir)),
    ),
  }
}

/** A generic test stands in YAML: its line is that of its column below its model. */
async function placeTest(
  result: NodeResult,
  manifest: Manifest | undefined,
  projectDir: string,
): Promise<NodeResult> {
  const node = manifest?.nodes?.[result.id]
  if (
    result.verdict === 'passed' ||
    result.line !== undefined ||
    !node?.test_metadata ||
    result.file === undefined
  )
    return result
  const file = path.resolve(projectDir, result.file)
  if (path.relative(projectDir, file).startsWith('..')) return result
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  return {
    ...result,
    line: lineOfTest(lines, node.attached_node?.split('.').at(-1), node.column_name ?? undefined),
  }
}

export function lineOfTest(
  lines: readonly string[],
  model: string | undefined,
  column: string | undefined,
): number | undefined {
  const find = (name: string | undefined, from: number): number =>
    name === undefined
      ? -1
      : lines.findIndex(
          (line, index) => index >= from && line.trim().replace(/["']/g, '') === `- name: ${name}`,
        )
  const atModel = find(model, 0)
  const atColumn = find(column, Math.max(0, atModel))
  return atColumn >= 0 ? atColumn + 1 : atModel >= 0 ? atModel + 1 : undefined
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : JSON.parse(text)
}

export function describeNode(result: RawResult, manifest: Manifest | undefined): NodeResult {
  const node = manifest?.nodes?.[result.unique_id] ?? manifest?.unit_tests?.[result.unique_id]
  const response = result.adapter_response ?? {}
  const integer = (value: unknown): number | undefined =>
    Number.isSafeInteger(Number(value)) && value !== null && value !== '' && value !== undefined
      ? Number(value)
      : undefined
  return {
    id: result.unique_id,
    name: node?.name ?? result.unique_id,
    resourceType: result.unique_id.split('.')[0] ?? '',
    status: result.status,
    verdict: VERDICTS[result.status] ?? 'failed',
    message: (result.message ?? '').trim(),
    seconds: result.execution_time ?? 0,
    rows: integer(response.rows_affected),
    bytesProcessed: integer(response.bytes_processed),
    file: node?.original_file_path,
    line: node === undefined ? undefined : lineOf(result.message ?? '', node),
  }
}

/**
 * BigQuery names a line of the compiled SQL (`at [12:3]`); the same text is looked up in the source, where
 * Jinja has moved it.
 */
function lineOf(message: string, node: ManifestNode): number | undefined {
  const source = node.raw_code?.split('\n') ?? []
  const name = /(?:Unrecognized name|Column|Function not found|Table not found)[:\s]+`?([\w.]+)`?/i.exec(
    message,
  )?.[1]
  if (name === undefined) return undefined
  const index = source.findIndex((line) => new RegExp(`\\b${name.replaceAll('.', '\\.')}\\b`, 'i').test(line))
  return index < 0 ? undefined : index + 1
}
