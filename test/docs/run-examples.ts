/**
 * The YAML examples of the documents that are promised to run, executed on one local cloud: which they are, and
 * how each is run. Which of them belong to `npm test` says the test that calls it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connectToCloud } from '../../local/runner/cloud-connection.ts'
import { readGithubEnvironment, type GithubEnvironment } from '../../local/runner/environment-vars.ts'
import { runWorkflow } from '../../local/runner/run-workflow.ts'
import { standIns } from '../../local/runner/stand-ins.ts'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { martColumns } from '../support/marts.ts'
import { readActionFile } from '../support/runner.ts'
import { examplesOf, runnable, workflowOf, type Example, type ExampleWorkflow } from './examples.ts'

export const REPOSITORY = 'example/clickstream-platform'

const files = fastGlob
  .sync(['*.md', 'docs/**/*.md', 'actions/*/README.md', 'workflows-examples/**/*.md'], { cwd: repoRoot })
  .sort()

/** Every example that is a workflow: where it stands, its text as written, and the whole workflow around it. */
export const workflows = files
  .flatMap((file) => examplesOf(file, readFileSync(path.join(repoRoot, file), 'utf8')))
  .map((example): [string, Example, ExampleWorkflow | undefined] => [
    example.where,
    example,
    workflowOf(example, REPOSITORY),
  ])
  .filter((entry): entry is [string, Example, ExampleWorkflow] => entry[2] !== undefined)

/** The pages whose examples are promised to run. */
export const isPromised = (where: string): boolean => /^(README\.md|docs\/migrate\.md|actions\/)/.test(where)

/** Those that are promised to run and do not say why not. */
export const promised = workflows.filter(([where, { notRun }]) => isPromised(where) && notRun === undefined)

/** The first example of a README is its minimal one. */
const minimal = new Set(
  promised.filter(
    ([where], index) =>
      where.split(':')[0] !== promised[index - 1]?.[0].split(':')[0] && where.includes('README.md'),
  ),
)
export const isMinimal = (entry: (typeof promised)[number]): boolean => minimal.has(entry)

/** A workflow lies in its repository; git ignores build/. */
export async function openScratch(): Promise<string> {
  await mkdir(path.join(repoRoot, 'build'), { recursive: true })
  return mkdtemp(path.join(repoRoot, 'build', 'examples-'))
}

export function describeRuns(chosen: typeof promised): void {
  describe('run on one local cloud', () => {
    let cloud: TestCloud
    let environment: GithubEnvironment
    let toolPaths: string[]
    let scratch: string
    beforeAll(async () => {
      scratch = await openScratch()
      toolPaths = [path.dirname((await ensureDbt(() => undefined)).dbt)]
      environment = await readGithubEnvironment(repoRoot)
      cloud = await startTestCloud()
      // What dbt would have built: the views of this repository read it.
      for (const [name, columns] of martColumns()) {
        const reply = await cloud.fetchAs(
          'data-eng',
          `/bigquery/v2/projects/${environment.vars.PROJECT_ID}/queries`,
          {
            method: 'POST',
            body: {
              query: `CREATE TABLE caec_analytics.${name} (${columns})`,
              useLegacySql: false,
              location: environment.vars.REGION,
            },
          },
        )
        if (!reply.ok) throw new Error(await reply.text())
      }
    }, 600_000)
    afterAll(async () => {
      await cloud?.close()
      await rm(scratch, { recursive: true, force: true })
    })

    it.each(chosen)(
      '%s succeeds',
      async (where, _example, workflow) => {
        const file = path.join(scratch, `${where.replace(/\W+/g, '-')}.yml`)
        await writeFile(
          file,
          runnable(
            workflow,
            REPOSITORY,
            (action) => readActionFile(action).inputs?.['dry-run'] !== undefined,
          ),
        )
        const lines: string[] = []
        const result = await runWorkflow({
          file,
          repositoryRoot: repoRoot,
          repositories: standIns,
          stateDir: scratch,
          identity: environment.identity,
          vars: environment.vars,
          cloud: connectToCloud(cloud.origin, cloud.stateDir),
          toolPaths,
          show: (line) => lines.push(line),
        })
        const errors = result.jobs.flatMap(({ annotations }) =>
          annotations.filter(({ level }) => level === 'error').map(({ message }) => message),
        )
        expect([errors, result.conclusion]).toEqual([[], 'success'])
      },
      180_000,
    )
  })
}
