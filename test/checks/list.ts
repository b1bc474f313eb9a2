/** Every check of the project: what it runs, beside what, and whether it is for `npm test` or the deep run. */
import { ensureAirflow, ensureAirflow2, ensureChecks, ensureSpark } from '../../local/toolchain/index.ts'
import { lintWorkflows } from '../workflows/lint.ts'
import { jest, pytest, single, type Counts } from './counts.ts'
import { binary, root, type Shell } from './shell.ts'

export interface Check {
  readonly name: string
  readonly isDeep?: boolean
  /** Checks of one lane run one after another, the two lanes side by side, `last` after both. */
  readonly lane: 'tests' | 'beside' | 'last'
  readonly run: (shell: Shell, scratch: string) => Promise<Counts>
}

const nodeTool =
  (name: string, ...args: string[]): Check['run'] =>
  async (shell) =>
    single(await shell.execute(process.execPath, [binary(name), ...args]))
const script =
  (...args: string[]): Check['run'] =>
  async (shell) =>
    single(await shell.execute(process.execPath, args))

const sparkTests =
  (chosen: string): Check['run'] =>
  async (shell, scratch) => {
    const spark = await ensureSpark(shell.say)
    const environment = {
      SPARK_LOCAL_IP: '127.0.0.1',
      PYSPARK_PYTHON: spark.python,
      JAVA_HOME: spark.javaHome,
      SPARK_HOME: spark.sparkHome,
      SPARK_AVRO_JAR: spark.avroJar,
    }
    return pytest(shell, scratch, spark.python, 'test/spark', environment, chosen)
  }

export const checks: readonly Check[] = [
  { name: 'types', lane: 'beside', run: nodeTool('tsc', '-p', 'tsconfig.json', '--noEmit') },
  {
    name: 'types of the actions',
    lane: 'beside',
    run: nodeTool('tsc', '-p', 'actions/tsconfig.json', '--noEmit'),
  },
  { name: 'format', lane: 'beside', run: script('scripts/format.ts', '--check') },
  { name: 'lint and walls', lane: 'beside', run: nodeTool('eslint', '.') },
  {
    name: 'lint of Python',
    lane: 'beside',
    run: async (shell) => {
      const { ruff } = await ensureChecks(shell.say)
      const folders = ['spark', 'dags', 'dbt', 'local', 'test', 'actions', '.github']
      const everything = await shell.execute(ruff, ['check', '--no-cache', ...folders])
      // Airflow's own rules: what Airflow 3 removed or moved, values that change with each parse, clocks
      // without a zone.
      const dags = await shell.execute(ruff, [
        'check',
        '--no-cache',
        '--preview',
        '--select',
        'AIR,DTZ',
        'dags',
      ])
      return single(Math.max(everything, dags))
    },
  },
  {
    name: 'workflows',
    lane: 'beside',
    run: (shell) => lintWorkflows(root, shell.say),
  },
  { name: 'bundles are fresh', lane: 'beside', run: script('scripts/bundle.ts', '--check') },
  { name: 'generated documents are fresh', lane: 'beside', run: script('scripts/docs.ts', '--check') },
  {
    name: 'Spark jobs',
    lane: 'beside',
    run: sparkTests('not deep'),
  },
  { name: 'Spark jobs, deep', isDeep: true, lane: 'beside', run: sparkTests('deep') },
  {
    name: 'DAGs',
    lane: 'beside',
    run: async (shell, scratch) =>
      pytest(shell, scratch, (await ensureAirflow(shell.say)).python, 'test/dags'),
  },
  {
    name: 'DAGs on Airflow 2.11',
    isDeep: true,
    lane: 'beside',
    run: async (shell, scratch) =>
      pytest(shell, scratch, (await ensureAirflow2(shell.say)).python, 'test/dags'),
  },
  {
    name: "dbt's tests for adapters",
    isDeep: true,
    lane: 'beside',
    // It opens a local cloud, which no other check needs.
    run: async (shell, scratch) => (await import('../dbt-adapter/adapter.ts')).adapterTests(shell, scratch),
  },
  {
    name: 'TypeScript',
    lane: 'tests',
    run: (shell, scratch) =>
      jest(shell, scratch, 'jest', ['--testPathIgnorePatterns', '\\.deep\\.test\\.ts$', '/test/terraform/']),
  },
  // UPDATE_GOLDEN=1 rewrites test/terraform/golden; CLICKSTREAM_TERRAFORM=required fails where terraform or
  // Go is missing.
  {
    name: 'Terraform',
    lane: 'beside',
    run: (shell, scratch) =>
      jest(shell, scratch, 'jest-terraform', ['--runInBand', '--testPathPatterns', '/test/terraform/']),
  },
  {
    name: 'TypeScript, deep',
    isDeep: true,
    lane: 'tests',
    run: (shell, scratch) =>
      jest(shell, scratch, 'jest-deep', ['--testPathPatterns', '\\.deep\\.test\\.ts$']),
  },
  // Judges what all checks before it said to the local cloud.
  {
    name: 'contract with Google',
    lane: 'last',
    run: async (shell) =>
      single(
        await shell.execute(process.execPath, ['test/contract/check.ts', process.env.LOCAL_CLOUD_RECORD!]),
      ),
  },
]

/** A whole word of a name counts more than a part of one: `types` is not `TypeScript`. */
export function checksNamed(words: readonly string[], possible: readonly Check[]): Check[] {
  return possible.filter((check) => words.some((word) => isMeant(check, word.toLowerCase(), possible)))
}

function isMeant(check: Check, word: string, all: readonly Check[]): boolean {
  const hasWord = ({ name }: Check): boolean => name.toLowerCase().split(/\W+/).includes(word)
  return all.some(hasWord) ? hasWord(check) : check.name.toLowerCase().includes(word)
}
