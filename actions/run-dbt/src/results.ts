/**
 * Reads dbt's artifacts (run results v6, sources v3, manifest v12) as nodes with a verdict and a place in the
 * source; it refuses to call an unknown status a success.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { placeOfText } from './exception-place.ts'
import { lineOfError, lineOfTest } from './places.ts'
import type { DbtProject } from './project.ts'
import { lacksBigFrames, NO_BIGFRAMES } from './python-models.ts'

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
  readonly bytesBilled?: number
  readonly slotMs?: number
  /** Relative to the dbt project. */
  readonly file?: string
  readonly line?: number
}

export interface CommandResult {
  readonly isSuccess: boolean
  /** 0; 1 when dbt handled the failure; 2 when it did not. */
  readonly exitCode: number
  readonly exception?: string
  /** Where the exception points to, relative to the dbt project. */
  readonly place?: { readonly file: string; readonly line?: number }
  readonly seconds: number
  readonly nodes: readonly NodeResult[]
  /** Names that `dbt ls` gave; only of a dry run. */
  readonly listed?: readonly string[]
}

/** schemas/dbt run-results v6 and sources v3; `reused` and `no-op` are newer than most readers. */
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

export interface RawResult {
  readonly unique_id: string
  readonly status: string
  readonly message?: string | null
  readonly execution_time?: number
  readonly adapter_response?: Readonly<Record<string, unknown>>
  readonly compiled_code?: string | null
  /** Of sources.json. */
  readonly error?: string | null
  readonly max_loaded_at?: string
  readonly max_loaded_at_time_ago_in_s?: number
}
export interface ManifestNode {
  readonly name?: string
  readonly package_name?: string
  readonly source_name?: string
  readonly original_file_path?: string
  readonly raw_code?: string
  readonly compiled_code?: string | null
  readonly column_name?: string | null
  readonly test_metadata?: { readonly name?: string } | null
  readonly attached_node?: string | null
  readonly language?: string | null
}
export interface Manifest {
  readonly metadata?: { readonly project_name?: string | null }
  readonly nodes?: Readonly<Record<string, ManifestNode>>
  readonly sources?: Readonly<Record<string, ManifestNode>>
  readonly unit_tests?: Readonly<Record<string, ManifestNode>>
  readonly functions?: Readonly<Record<string, ManifestNode>>
}

interface CommandRecord {
  readonly success: boolean
  readonly exception: string | null
  /** Why the macro of a `run-operation` failed. */
  readonly operation?: string | null
  readonly exitCode: number
  readonly seconds: number
  readonly brokenSources?: readonly RawResult[]
  readonly listed: readonly string[] | null
}

/**
 * @param folder of one command.
 * @param whyNoPython why no Python model can run, where none can.
 * @returns undefined when the command never ended.
 */
export async function readResults(
  folder: string,
  projectDir: string,
  project: Pick<DbtProject, 'name' | 'targetPath' | 'commentLines'>,
  whyNoPython?: string,
): Promise<CommandResult | undefined> {
  const record = await readJson<CommandRecord>(path.join(folder, 'command.json'))
  if (record === undefined) return undefined
  const written = (
    await Promise.all(
      ['run_results.json', 'sources.json'].map((name) =>
        readJson<{ results?: readonly RawResult[] }>(path.join(folder, name)),
      ),
    )
  ).flatMap((artifact) => artifact?.results ?? [])
  const raw = [...written, ...(record.brokenSources ?? [])]
  const manifest = await readJson<Manifest>(path.join(folder, 'manifest.json'))
  const nodes = await Promise.all(
    raw.map(async (result) => {
      const isSilent = VERDICTS[result.status] === 'failed' && !result.message && !result.error
      const told = isSilent && record.operation ? { ...result, message: record.operation } : result
      const node = describeNode(told, manifest, whyNoPython)
      const isPlaced = node.verdict === 'failed' || node.verdict === 'warned'
      return isPlaced ? { ...node, line: await findLine(node, told, manifest, projectDir, project) } : node
    }),
  )
  const isExplained = nodes.some(({ verdict }) => verdict === 'failed')
  return {
    isSuccess: record.success,
    exitCode: record.exitCode,
    exception: record.exception ?? undefined,
    place:
      record.exception === null || isExplained
        ? undefined
        : await placeOfText(record.exception, projectDir, project.name),
    seconds: record.seconds,
    listed: record.listed ?? undefined,
    nodes,
  }
}

export function describeNode(
  result: RawResult,
  manifest: Manifest | undefined,
  whyNoPython?: string,
): NodeResult {
  const node = nodeOf(result.unique_id, manifest)
  const response = result.adapter_response ?? {}
  const integer = (value: unknown): number | undefined =>
    Number.isSafeInteger(Number(value)) && value !== null && value !== '' && value !== undefined
      ? Number(value)
      : undefined
  const verdict = VERDICTS[result.status] ?? 'failed'
  const message = withoutHook((result.message ?? result.error ?? freshness(result)).trim())
  const whyNot = whyNoPython ?? (lacksBigFrames(message) ? NO_BIGFRAMES : undefined)
  const isBarred = verdict === 'failed' && node?.language === 'python' && whyNot !== undefined
  return {
    id: result.unique_id,
    name:
      node?.source_name === undefined
        ? (node?.name ?? result.unique_id)
        : `${node.source_name}.${node.name ?? ''}`,
    resourceType: result.unique_id.split('.')[0] ?? '',
    status: result.status,
    verdict,
    message: isBarred ? barred(whyNot, message) : message,
    seconds: result.execution_time ?? 0,
    rows: integer(response.rows_affected),
    bytesProcessed: integer(response.bytes_processed),
    bytesBilled: integer(response.bytes_billed),
    slotMs: integer(response.slot_ms),
    file: isOfPackage(node, manifest) ? undefined : node?.original_file_path,
  }
}

/** A package's file has its path below the package, which is no file of the workspace or another one. */
const isOfPackage = (node: ManifestNode | undefined, manifest: Manifest | undefined): boolean =>
  node?.package_name !== undefined &&
  node.package_name !== (manifest?.metadata?.project_name ?? node.package_name)

/** A hook's own line says nothing beside its name; what the database said comes after it. */
function withoutHook(told: string): string {
  return told.replace(/^\S+ failed, error:\s*/, '') || told
}

/** dbt asks for members of a profile that is not its author's to write. */
function barred(why: string, told: string): string {
  return `Python models are not run here: ${why}. Write the model in SQL, leave it out with --exclude, or run the work with submit-spark. (dbt: ${told})`
}

/** What a source's freshness says when nothing went wrong but the time. */
function freshness({ max_loaded_at: loaded, max_loaded_at_time_ago_in_s: age }: RawResult): string {
  if (loaded === undefined || age === undefined) return ''
  const hours = age / 3600
  return `last loaded ${loaded}, ${hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`} before this check`
}

function nodeOf(id: string, manifest: Manifest | undefined): ManifestNode | undefined {
  return (
    manifest?.nodes?.[id] ??
    manifest?.sources?.[id] ??
    manifest?.unit_tests?.[id] ??
    manifest?.functions?.[id]
  )
}

async function findLine(
  result: NodeResult,
  raw: RawResult,
  manifest: Manifest | undefined,
  projectDir: string,
  project: Pick<DbtProject, 'name' | 'targetPath' | 'commentLines'>,
): Promise<number | undefined> {
  const node = nodeOf(result.id, manifest)
  if (node === undefined || result.file === undefined) return undefined
  const source = await readInside(projectDir, result.file)
  if (source === undefined) return undefined
  if (result.resourceType === 'source') return lineOfTest(source.split('\n'), undefined, node.name)
  if (node.test_metadata)
    return lineOfTest(
      source.split('\n'),
      node.attached_node?.split('.').at(-1),
      node.column_name ?? undefined,
    )
  if (result.resourceType === 'unit_test') return lineOfTest(source.split('\n'), undefined, node.name)
  if (/Compilation Error|Parsing Error/.test(result.message))
    return (await placeOfText(result.message, projectDir, project.name))?.line
  const built = path.join(project.targetPath, 'run', node.package_name ?? '', result.file)
  return lineOfError(result.message, {
    source,
    compiled: raw.compiled_code ?? node.compiled_code ?? '',
    run: await readFile(built, 'utf8').catch(() => ''),
    commentLines: project.commentLines,
  })
}

/** Names in artifacts are dbt's words, not paths to trust. */
export async function readInside(folder: string, name: string): Promise<string | undefined> {
  const file = path.resolve(folder, name)
  return path.relative(folder, file).startsWith('..')
    ? undefined
    : readFile(file, 'utf8').catch(() => undefined)
}

export async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
