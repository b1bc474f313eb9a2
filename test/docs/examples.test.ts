/**
 * Every YAML example of the documents: GitHub's parser takes it, its inputs exist, its actions are pinned;
 * and those of our own actions are executed on one local cloud.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { inputMistakes } from '../../local/runner/check-uses.ts'
import { knownRepositories } from '../../local/runner/source.ts'
import { readWorkflow } from '../../local/runner/workflow.ts'
import { repoRoot } from '../support/cloud.ts'
import { readActionFile } from '../support/runner.ts'
import {
  describeRuns,
  isMinimal,
  isPromised,
  openScratch,
  promised,
  REPOSITORY,
  workflows,
} from './run-examples.ts'

/** Inputs of google-github-actions/auth v3, from its action.yml. */
const GOOGLE_AUTH_INPUTS = [
  'project_id',
  'workload_identity_provider',
  'service_account',
  'audience',
  'credentials_json',
  'create_credentials_file',
  'export_environment_variables',
  'token_format',
  'delegates',
  'universe',
  'request_reason',
  'cleanup_credentials',
  'access_token_lifetime',
  'access_token_scopes',
  'access_token_subject',
  'id_token_audience',
  'id_token_include_email',
]

let scratch: string
beforeAll(async () => {
  scratch = await openScratch()
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

/** Mistakes of a workflow's steps that GitHub lets pass; throws what its parser refuses. */
async function mistakesOf(text: string): Promise<string[]> {
  const file = path.join(scratch, 'example.yml')
  await writeFile(file, text)
  const repositories = knownRepositories(
    { repository: REPOSITORY, root: repoRoot, ref: 'refs/heads/main', sha: '0'.repeat(40) },
    {},
  )
  const { jobs, source } = await readWorkflow(repositories.own, path.relative(repoRoot, file), 'example.yml')
  const found = await inputMistakes(
    jobs.flatMap(({ steps }) => steps),
    { file: 'example.yml', source },
    { repositories, isLeftOut: () => false, warn: () => undefined },
  )
  return found.map(({ line, message }) => `${line}: ${message}`)
}

describe('the examples of the documents', () => {
  it('are found', () => expect(workflows.length).toBeGreaterThan(15))

  it.each(workflows)(
    '%s is a workflow GitHub takes, with the inputs its actions have',
    async (where, _example, { text }) => {
      // A page that shows one line of a step leaves the others out.
      expect(
        (await mistakesOf(text)).filter(
          (mistake) => isPromised(where) || !/required input '.*' is missing$/.test(mistake),
        ),
      ).toEqual([])
      const google = [...text.matchAll(/uses: google-github-actions\/auth@[\s\S]*?(?=\n\s*- |\n*$)/g)]
        .flatMap(([step]) => [...step.matchAll(/^\s+([a-z_]+):/gm)].map((match) => match[1] ?? ''))
        .filter((name) => !['with', 'uses', 'id', 'name', 'if'].includes(name))
      expect(google.filter((name) => !GOOGLE_AUTH_INPUTS.includes(name))).toEqual([])
    },
  )

  it.each(workflows)(
    '%s pins every action of others by commit, with its version, and names only actions that exist',
    (_where, { text }, { actions }) => {
      const loose = text
        .split('\n')
        .filter(
          (line) =>
            /\buses:/.test(line) &&
            !/uses:\s*(\.\/|\$\/|[\w.-]+\/[\w.-]+\/\S+@(SHA\b|<[^>]+>))/.test(line) &&
            !/uses:\s*[\w.-]+\/\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line),
        )
      expect(loose).toEqual([])
      expect(
        actions.filter((name) => !existsSync(path.join(repoRoot, 'actions', name, 'action.yml'))),
      ).toEqual([])
    },
  )

  it.each(fastGlob.sync('actions/*/action.yml', { cwd: repoRoot }).map((file) => file.split('/')[1] ?? ''))(
    '%s has a page with a minimal and a complete example of itself',
    (action) => {
      const page = workflows.filter(([where]) => where.startsWith(`actions/${action}/README.md:`))
      expect(
        page.filter(([, { notRun }, { actions }]) => notRun === undefined && actions.includes(action)).length,
      ).toBeGreaterThanOrEqual(2)
      const text = readFileSync(path.join(repoRoot, 'actions', action, 'README.md'), 'utf8')
      for (const heading of [
        '## Examples',
        '### Minimal',
        '### Complete',
        '## What it does',
        '## Inputs',
        '## Outputs',
        '## On failure and on re-run',
        '## Limits',
      ])
        expect([heading, text.includes(`\n${heading}\n`)]).toEqual([heading, true])
      // What a buyer writes for the first green step: a dozen lines, three of them inputs that nobody can guess.
      const [, example] = page[0]!
      const step = example.text.split(/^(?= *- )/m).find((part) => part.includes(`/actions/${action}@`))
      expect((step ?? '').trim().split('\n').length).toBeLessThanOrEqual(12)
      const { inputs = {} } = readActionFile(action)
      expect(Object.values(inputs).filter(({ required }) => required === true).length).toBeLessThanOrEqual(3)
    },
  )
})

describe('promised to run', () => {
  it('are all but those that install what a person has to choose', () => {
    expect(promised.length).toBeGreaterThanOrEqual(15)
    expect(
      workflows.flatMap(([where, { notRun }, { actions }]) =>
        isPromised(where) && notRun !== undefined && actions.length > 0
          ? [`${where.split(':')[0]}: ${notRun}`]
          : [],
      ),
    ).toEqual(['actions/deploy-dags/README.md: it installs Airflow'])
  })
})

// One of each action here; all the others in examples.deep.test.ts.
describeRuns(promised.filter(isMinimal))
