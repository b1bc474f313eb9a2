/** The repository's dbt project against a local cloud, as the dbt service account, in one warm process. */
import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { repoRoot, type TestCloud } from '../support/cloud.ts'

export interface DbtOutcome {
  readonly success: boolean
  readonly exception: string
  readonly results: readonly { readonly name: string; readonly status: string; readonly message: string }[]
}
export interface DbtSession {
  run(...command: string[]): Promise<DbtOutcome>
  /** The SQL dbt sent for a model in its last run. */
  sentSql(model: string): Promise<string>
  /** What a model selects, as compiled in the last run. */
  compiledSql(model: string): Promise<string>
  /** What each mart selects, as compiled when it was built last. */
  compiledMarts(): Promise<Map<string, string>>
  /** The SQL of each data test, as compiled when it ran last. */
  compiledTests(): Promise<Map<string, string>>
  log(): Promise<string>
  close(): Promise<void>
}

export async function startDbt(test: TestCloud, folder: string): Promise<DbtSession> {
  const { python } = process.env.TEST_DBT_PYTHON
    ? { python: process.env.TEST_DBT_PYTHON }
    : await ensureDbt(() => undefined)
  const description = test.cloud.describe()
  const profile = await readFile(join(repoRoot, 'dbt/profiles/profiles.yml'), 'utf8')
  await mkdir(join(folder, 'profiles'), { recursive: true })
  await writeFile(
    join(folder, 'profiles/profiles.yml'),
    profile.replace(
      '      job_retries: 1\n',
      `      job_retries: 0\n      api_endpoint: ${description.url}\n`,
    ),
  )
  const child = spawn(python, [join(import.meta.dirname, 'dbt-session.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GOOGLE_APPLICATION_CREDENTIALS: description.personas.dbt,
      GOOGLE_CLOUD_PROJECT: description.project,
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false',
      NO_GCE_CHECK: 'true',
    },
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const place = [
    '--project-dir',
    join(repoRoot, 'dbt'),
    '--profiles-dir',
    join(folder, 'profiles'),
    '--target-path',
    join(folder, 'target'),
    '--log-path',
    join(folder, 'logs'),
  ]
  const compiled = async (which: RegExp): Promise<Map<string, string>> => {
    const root = join(folder, 'target/compiled/caec')
    const files = (await readdir(root, { recursive: true })).filter((file) => which.test(file))
    return new Map(
      await Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')] as const)),
    )
  }
  return {
    async run(...command) {
      child.stdin.write(`${JSON.stringify([...command, ...place])}\n`)
      const answer = await answers.next()
      if (answer.done === true) throw new Error(`dbt ended during ${command.join(' ')}`)
      return JSON.parse(answer.value) as DbtOutcome
    },
    sentSql: (model) => readFile(join(folder, `target/run/caec/models/${model}.sql`), 'utf8'),
    compiledSql: (model) => readFile(join(folder, `target/compiled/caec/models/${model}.sql`), 'utf8'),
    compiledMarts: () => compiled(/^models\/marts\/\w+\.sql$/),
    compiledTests: () => compiled(/^data-tests\/.*\.sql$|\.yml\/.*\.sql$/),
    log: () => readFile(join(folder, 'logs/dbt.log'), 'utf8'),
    async close() {
      const ended = new Promise((resolve) => {
        child.once('close', resolve)
      })
      child.stdin.end()
      await ended
    },
  }
}
