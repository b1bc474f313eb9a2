/**
 * Asks dbt, and BigQuery where costs are asked for, what the commands would do: the nodes they select, where
 * those would be built, and what each would read. It refuses to build anything.
 */
import path from 'node:path'
import pMap from 'p-map'
import { GoogleApiError } from '../../_shared/errors.ts'
import { estimate } from '../../_shared/google/bigquery-dry-run.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Runner } from '../../_shared/run.ts'
import { previewArgv, type Surroundings } from './argv.ts'
import type { Command } from './commands.ts'
import { compareShapes, type ColumnsSeen, type Compared } from './compare-tables.ts'
import type { NodeCost } from './costs.ts'
import { runDbt, type DbtRun } from './dbt-process.ts'
import type { Placed } from './pull-request.ts'
import type { JobPlace } from './stop.ts'
import { readJson, readResults, type CommandResult, type Manifest } from './results.ts'
import { nodeTypesOf } from './verbs.ts'

export interface Previewed {
  readonly command: Command
  readonly result: CommandResult
  /** Only where costs were asked for. */
  readonly costs: readonly NodeCost[]
  /** Only where a comparison was asked for: columns and contracts of models that production has as well. */
  readonly compared: readonly Compared[]
  /** Names of selected models that are written in Python. */
  readonly python: readonly string[]
}
export interface Preview {
  readonly exitCode: number
  readonly results: string
  readonly commands: readonly Previewed[]
  /** Everything in the project that is built somewhere. */
  readonly placed: readonly Placed[]
}
interface Judged {
  readonly cost: NodeCost
  /** Only of a model that is to be compared. */
  readonly columns?: ColumnsSeen
}
interface BuiltNode {
  readonly name?: string
  readonly fqn?: readonly string[]
  readonly language?: string
  readonly resource_type?: string
  readonly database?: string | null
  readonly schema?: string
  readonly config?: { readonly materialized?: string; readonly enabled?: boolean }
}
interface CompiledRun {
  readonly results?: readonly { readonly unique_id: string; readonly compiled_code?: string | null }[]
}

/** BigQuery takes many dry runs at once; a hundred models are some seconds. */
const AT_ONCE = 8

export async function preview(
  run: Omit<DbtRun, 'argvs' | 'isLoud'>,
  given: {
    readonly commands: readonly Command[]
    readonly around: Surroundings
    readonly wantsCosts: boolean
    /** Production's manifest, when what is selected is to be compared with it. */
    readonly production?: string
    readonly before: Readonly<Record<string, number>>
  },
  google: Google,
  runner: Runner,
): Promise<Preview> {
  const { commands, around, wantsCosts, production } = given
  const wantsSql = wantsCosts || production !== undefined
  const asked = commands.flatMap((command) => {
    const argv = previewArgv(command, wantsSql, around)
    return argv === undefined ? [] : [{ command, argv }]
  })
  const { exitCode, results } = await runDbt(
    { ...run, argvs: asked.map(({ argv }) => argv), isLoud: false },
    google,
    runner,
  )
  const found: Previewed[] = []
  for (const [number, { command }] of asked.entries()) {
    const folder = path.join(results, String(number))
    const result = await readResults(folder, around.inputs.projectDir, around.project)
    if (result === undefined) break
    const manifest = await readJson<Manifest>(path.join(folder, 'manifest.json'))
    const nodes = (manifest?.nodes ?? {}) as Record<string, BuiltNode>
    const judged =
      wantsSql && result.isSuccess ? await judgeNodes(folder, nodes, command, given, run.jobs, google) : []
    found.push({
      command,
      result,
      python: pythonModels(nodes, result),
      costs: wantsCosts ? judged.map(({ cost }) => cost) : [],
      compared:
        production === undefined
          ? []
          : await compareShapes(
              { here: folder, production },
              new Map(judged.flatMap(({ cost, columns }) => (columns ? [[cost.id, columns]] : []))),
              google,
            ),
    })
  }
  return { exitCode, results, commands: found, placed: await placedNodes(results, found.length) }
}

/** dbt lists models by the parts of their place, and results by their id. */
function pythonModels(
  built: Readonly<Record<string, BuiltNode>>,
  { listed = [], nodes }: CommandResult,
): string[] {
  const selected = new Set([...listed, ...nodes.map(({ id }) => id)])
  return Object.entries(built)
    .filter(
      ([id, { language, fqn = [] }]) =>
        language === 'python' && (selected.has(id) || selected.has(fqn.join('.'))),
    )
    .map(([id, { name }]) => name ?? id)
}

async function placedNodes(results: string, count: number): Promise<Placed[]> {
  for (let number = count - 1; number >= 0; number -= 1) {
    const manifest = await readJson<Manifest>(path.join(results, String(number), 'manifest.json'))
    if (manifest === undefined) continue
    return Object.values((manifest.nodes ?? {}) as Record<string, BuiltNode>).flatMap((node) =>
      /^(model|seed|snapshot)$/.test(node.resource_type ?? '') && node.config?.materialized !== 'ephemeral'
        ? [{ name: node.name ?? '', projectId: node.database ?? '', datasetId: node.schema ?? '' }]
        : [],
    )
  }
  return []
}

/** A view is only defined, not read; everything else reads what its SQL says. */
const READS = /^(table|incremental|snapshot|test|unit|materialized_view)$/

async function judgeNodes(
  folder: string,
  nodes: Readonly<Record<string, BuiltNode>>,
  command: Command,
  given: { readonly before: Readonly<Record<string, number>>; readonly production?: string },
  place: JobPlace,
  google: Google,
): Promise<Judged[]> {
  const run = await readJson<CompiledRun>(path.join(folder, 'run_results.json'))
  const types = nodeTypesOf(command.verb)
  const wanted = (run?.results ?? []).filter(({ unique_id: id }) =>
    types.includes(nodes[id]?.resource_type ?? ''),
  )
  return pMap(
    wanted,
    async ({ unique_id: id, compiled_code: sql }): Promise<Judged> => {
      const node = nodes[id] ?? {}
      const materialized = node.config?.materialized ?? ''
      const known = {
        id,
        name: node.name ?? id,
        resourceType: node.resource_type ?? '',
        materialized,
        before: given.before[id],
      }
      const isRead = READS.test(materialized)
      const isCompared = given.production !== undefined && known.resourceType === 'model'
      const free: NodeCost = { ...known, bytes: 0, accuracy: 'PRECISE' }
      const unknown = (why: string): Judged => ({
        cost: isRead ? { ...known, accuracy: 'UNKNOWN', why } : free,
        columns: isCompared ? { why } : undefined,
      })
      if (!isRead && !isCompared) return { cost: free }
      if (node.language === 'python') return unknown('it is written in Python')
      if (!sql) return unknown('dbt compiled no SQL for it')
      try {
        const { columns, ...read } = await estimate(
          google,
          place.projectId,
          place.location,
          sql,
          `the dry run of ${known.name}`,
        )
        return { cost: isRead ? { ...known, ...read } : free, columns: isCompared ? columns : undefined }
      } catch (error) {
        if (!(error instanceof GoogleApiError) || (error.status !== 400 && error.status !== 404)) throw error
        // What it reads may be built by this very run.
        return unknown(error.message.split('\n')[0] ?? '')
      }
    },
    { concurrency: AT_ONCE },
  )
}
