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
import { hooksOf, type HookedNode } from './hooks.ts'
import type { Placed } from './pull-request.ts'
import type { PythonModel } from './python-models.ts'
import { countJobs, type JobPlace } from './stop.ts'
import { readJson, readResults, type CommandResult, type Manifest } from './results.ts'
import { nodeTypesOf, storesFailures, whyLess } from './verbs.ts'

export interface Previewed {
  readonly command: Command
  readonly result: CommandResult
  /** Only where costs were asked for. */
  readonly costs: readonly NodeCost[]
  /** Only where a comparison was asked for: columns and contracts of models that production has as well. */
  readonly compared: readonly Compared[]
  /** Names of selected models that are written in Python. */
  readonly python: readonly PythonModel[]
  /** What it would run beside its nodes' own queries. */
  readonly hooks: readonly string[]
}
export interface Preview {
  readonly exitCode: number
  /** Queries that macros sent while the models were compiled. */
  readonly queries: number
  readonly results: string
  readonly commands: readonly Previewed[]
  /** What the commands select that is built somewhere. */
  readonly placed: readonly Placed[]
}
interface Judged {
  readonly cost: NodeCost
  /** Only of a model that is to be compared. */
  readonly columns?: ColumnsSeen
}
interface BuiltNode extends HookedNode {
  readonly fqn?: readonly string[]
  readonly language?: string
  readonly database?: string | null
  readonly schema?: string
  readonly config?: HookedNode['config'] & {
    readonly materialized?: string
    readonly incremental_strategy?: string | null
    readonly store_failures?: boolean | null
    readonly submission_method?: string | null
    readonly grant_access_to?: Placed['grants'] | null
  }
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
  const { environment } = runner
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
  const placed: Placed[] = []
  for (const [number, { command }] of asked.entries()) {
    const folder = path.join(results, String(number))
    const result = await readResults(folder, around.inputs.projectDir, around.project)
    if (result === undefined) break
    const manifest = await readJson<Manifest>(path.join(folder, 'manifest.json'))
    const nodes = { ...manifest?.nodes, ...manifest?.functions } as Record<string, BuiltNode>
    const types = nodeTypesOf(command, environment)
    const why = whyLess(command, environment)
    const judged =
      wantsSql && result.isSuccess
        ? await judgeNodes(folder, nodes, { types, why }, given, run.jobs, google)
        : []
    const chosen = selected(nodes, result)
    placed.push(...placedNodes(chosen, types, storesFailures(command, environment)))
    found.push({
      command,
      result,
      python: chosen.flatMap(([id, { language, name, config }]) =>
        language === 'python'
          ? [{ name: name ?? id, isBigFrames: config?.submission_method === 'bigframes' }]
          : [],
      ),
      hooks: hooksOf(
        command,
        Object.values(nodes),
        chosen.flatMap(([, node]) => (types.includes(node.resource_type ?? '') ? [node] : [])),
      ),
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
  return { exitCode, results, commands: found, placed, queries: await countJobs(results) }
}

/** dbt lists nodes by the parts of their place, and results by their id. */
function selected(
  nodes: Readonly<Record<string, BuiltNode>>,
  { listed = [], nodes: results }: CommandResult,
): [string, BuiltNode][] {
  const names = new Set([...listed, ...results.map(({ id }) => id)])
  return Object.entries(nodes).filter(([id, { fqn = [] }]) => names.has(id) || names.has(fqn.join('.')))
}

/** Where they would be: a test has a table only when it keeps the rows that fail. */
function placedNodes(
  nodes: readonly [string, BuiltNode][],
  types: readonly string[],
  keepsFailures: boolean,
): Placed[] {
  return nodes
    .filter(([, { resource_type: type = '', config }]) => {
      if (!types.includes(type)) return false
      if (type === 'test') return config?.store_failures ?? keepsFailures
      return type !== 'unit_test' && config?.materialized !== 'ephemeral'
    })
    .map(([id, node]) => ({
      name: node.name ?? id,
      projectId: node.database ?? '',
      datasetId: node.schema ?? '',
      grants: node.config?.grant_access_to ?? [],
    }))
}

/** A view is only defined, not read; everything else reads what its SQL says. */
const READS = /^(table|incremental|snapshot|test|unit|materialized_view)$/

async function judgeNodes(
  folder: string,
  nodes: Readonly<Record<string, BuiltNode>>,
  command: { readonly types: readonly string[]; readonly why: string | undefined },
  given: { readonly before: Readonly<Record<string, number>>; readonly production?: string },
  place: JobPlace,
  google: Google,
): Promise<Judged[]> {
  const run = await readJson<CompiledRun>(path.join(folder, 'run_results.json'))
  const wanted = (run?.results ?? []).filter(({ unique_id: id }) => {
    const type = nodes[id]?.resource_type ?? ''
    return /^(model|snapshot|test)$/.test(type) && command.types.includes(type)
  })
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
      const isBatched = materialized === 'incremental' && node.config?.incremental_strategy === 'microbatch'
      const less = isBatched ? 'it runs batch by batch, and its SQL names none' : isRead && command.why
      if (less && !isCompared) return unknown(less)
      try {
        const { columns, ...read } = await estimate(
          google,
          place.projectId,
          place.location,
          sql,
          `the dry run of ${known.name}`,
        )
        return {
          cost: less ? unknown(less).cost : isRead ? { ...known, ...read } : free,
          columns: isCompared ? columns : undefined,
        }
      } catch (error) {
        if (!(error instanceof GoogleApiError) || (error.status !== 400 && error.status !== 404)) throw error
        // What it reads may be built by this very run.
        return unknown(error.message.split('\n')[0] ?? '')
      }
    },
    { concurrency: AT_ONCE },
  )
}
