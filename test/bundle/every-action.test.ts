/**
 * What holds for every action: its bundle starts, refuses a missing input with a sentence and exit 1, and its
 * manifest says what its code reads.
 */
import { describe, expect, it } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInputs, type Inputs } from '../../actions/_shared/runner/inputs.ts'
import { covering, holders, isLoaded } from '../support/loaded.ts'
import { distFolder, errorsOf, readActionFile, runBundle } from '../support/runner.ts'

const actionsFolder = resolve(import.meta.dirname, '../../actions')
const actions = readdirSync(actionsFolder)
  .filter((name) => existsSync(join(actionsFolder, name, 'action.yml')))
  .sort()
/** `auth` takes its provider under two names, so its manifest can require neither. */
const EITHER_NAME: Readonly<Record<string, readonly string[]>> = { auth: ['workload-identity-provider'] }
const requiredOf = (action: string) => [
  ...(EITHER_NAME[action] ?? []),
  ...Object.entries(readActionFile(action).inputs ?? {})
    .filter(([, input]) => input.required)
    .map(([name]) => name),
]

/** Plausible values, so that parsing reaches every input. */
const SAMPLES: Readonly<Record<string, string>> = {
  'workload-identity-provider': 'projects/1/locations/global/workloadIdentityPools/github/providers/actions',
  environment: 'caec',
  location: 'us-central1',
  region: 'us-central1',
  main: 'gs://b0b/main.py',
  'service-account': 'a@caec-local.iam.gserviceaccount.com',
  'staging-bucket': 'caec-local-staging',
  commands: 'build',
  dataset: 'caec_analytics',
  bucket: 'caec-local-staging',
  plans: '{}',
}

/** What is large and may not be needed, by the words its definition begins with, and who brings it. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  'class ProxyAgent extends': actions,
  'class BatchControllerClient': ['submit-spark'],
  'class BigQuery extends': ['apply-ddl', 'publish-views', 'run-dbt'],
}

/** Reads with the action's own parser and notes every name it asks for, with its fallback. */
async function readsOf(action: string): Promise<Map<string, string | undefined>> {
  const { parseInputs } = (await import(join(actionsFolder, action, 'src/inputs.ts'))) as {
    parseInputs: (inputs: Inputs, ...rest: unknown[]) => unknown
  }
  const reads = new Map<string, string | undefined>()
  const plain = createInputs((name) => SAMPLES[name] ?? '')
  const noting = new Proxy(plain, {
    get:
      (target, method: keyof Inputs) =>
      (name: string, ...rest: unknown[]) => {
        const last = rest.at(-1)
        const fallback =
          method === 'integer' || method === 'decimal'
            ? (last as { fallback: number }).fallback
            : ['text', 'boolean', 'choice', 'list'].includes(method)
              ? last
              : undefined
        reads.set(name, typeof fallback === 'object' || fallback === undefined ? undefined : String(fallback))
        return (target[method] as (...all: unknown[]) => unknown)(name, ...rest)
      },
  })
  const anywhere = { repository: 'octo/clicks', workspace: '/', tempDir: '/tmp', runId: '1', runAttempt: '1' }
  parseInputs(noting, anywhere)
  return reads
}

it.each(['inputs', 'outputs'] as const)(
  '%s that several actions share stand in one order in all of them',
  (kind) => {
    // A region is where a service calls its location that.
    const namesOf = (action: string): string[] =>
      Object.keys(readActionFile(action)[kind] ?? {}).map((name) => (name === 'region' ? 'location' : name))
    const pairs = actions.flatMap((action) =>
      namesOf(action).flatMap((one, at, names) =>
        names.slice(at + 1).map((other) => ({ one, other, action })),
      ),
    )
    const inThatOrder = Map.groupBy(pairs, ({ one, other }) => `${one}, ${other}`)
    const mistaken = [...inThatOrder]
      .filter(([, [first]]) => inThatOrder.has(`${first!.other}, ${first!.one}`))
      .map(([order, found]) => `${order}: ${found.map(({ action }) => action).join(', ')}`)
    expect(mistaken).toEqual([])
  },
)

describe.each(actions)('%s', (action) => {
  const manifest = readActionFile(action)

  // Not comment-plan: it has no input that every use of it needs.
  const required = requiredOf(action)
  if (required.length > 0)
    it.each(required)('exits 1 with a sentence that names the missing input %s', async (missing) => {
      const result = await runBundle(action, {
        with: {
          ...Object.fromEntries(requiredOf(action).map((name) => [name, SAMPLES[name] ?? 'x'])),
          [missing]: '',
        },
      })
      expect(result.exitCode).toBe(1)
      const errors = errorsOf(result)
      expect(errors).toEqual([
        `${action}: Reading input ${missing}: it is required and was not given (or is empty); add "${missing}:" to the step's "with".
More: https://github.com/octo/clicks/blob/0123456789abcdef0123456789abcdef01234567/docs/troubleshooting.md#missing-input`,
      ])
      expect(result.log).not.toMatch(/^\s+at /m)
    })

  it('reads exactly the inputs its manifest declares', async () => {
    expect([...(await readsOf(action)).keys()].sort()).toEqual(Object.keys(manifest.inputs ?? {}).sort())
  })

  it('falls back to the defaults its manifest promises', async () => {
    for (const [name, fallback] of await readsOf(action)) {
      const promised = manifest.inputs?.[name]?.default
      if (fallback !== undefined && promised !== undefined && !promised.includes('${{'))
        expect([name, fallback]).toEqual([name, String(promised)])
    }
  })

  it('is described, branded, and runs on node24 from bundles that exist', () => {
    expect(manifest).toMatchObject({
      name: expect.any(String),
      description: expect.any(String),
      author: expect.any(String),
      branding: { icon: expect.any(String), color: expect.any(String) },
      runs: { using: 'node24' },
    })
    for (const file of [manifest.runs.main, manifest.runs.post].filter((path) => path !== undefined)) {
      expect(resolve(actionsFolder, action, file).startsWith(distFolder)).toBe(true)
      expect(existsSync(resolve(actionsFolder, action, file))).toBe(true)
    }
    for (const [name, entry] of [
      ...Object.entries(manifest.inputs ?? {}),
      ...Object.entries(manifest.outputs ?? {}),
    ])
      expect([name, entry.description]).toEqual([name, expect.stringMatching(/\.$/)])
    expect(existsSync(join(actionsFolder, action, 'src/post.ts'))).toBe(manifest.runs.post !== undefined)
  })

  it('has its keys in the one order, and what it shares with others with the one meaning', () => {
    const order = ['name', 'description', 'author', 'branding', 'inputs', 'outputs', 'runs']
    expect(Object.keys(manifest)).toEqual(order)
    const names = Object.keys(manifest.inputs ?? {})
    for (const [name, input] of Object.entries(manifest.inputs ?? {})) {
      expect([name, input.required === true]).toEqual([name, input.default === undefined])
      expect([name, Object.keys(input)]).toEqual([
        name,
        ['description', input.required ? 'required' : 'default'],
      ])
    }
    for (const [kind, name] of [
      ['inputs', 'expected-plan'],
      ['inputs', 'allow-endpoint-hosts'],
      ['outputs', 'plan'],
      ['outputs', 'plan-digest'],
    ] as const)
      if (manifest[kind]?.[name])
        expect(manifest[kind][name].description).toBe(
          readActionFile('deploy-dags')[kind]?.[name]?.description,
        )
    if (names.includes('dry-run'))
      expect(manifest.inputs?.['dry-run']?.description).toMatch(/^Show the plan; change nothing\.(?: |$)/)
    expect(names.filter((name) => /^price-|-cost-/.test(name) && !name.endsWith('-usd'))).toEqual([])
    // The plan of comment-plan is a comment, and nobody reviews that.
    if (action !== 'comment-plan')
      expect(manifest.outputs?.plan !== undefined).toBe(names.includes('dry-run'))
  })

  it('loads no client of proxies or of Google before its inputs are read', async () => {
    const coverage = await mkdtemp(join(tmpdir(), 'coverage '))
    const refused = await runBundle(action, { env: covering(coverage) })
    expect([refused.exitCode, errorsOf(refused)]).toEqual([1, [expect.stringContaining(': Reading input ')]])
    for (const [client, bringers] of Object.entries(CLIENTS)) {
      const isThere = (await holders(action, client)).length > 0
      const found = [client, isThere, await isLoaded(action, client, coverage)]
      expect(found).toEqual([client, bringers.includes(action), false])
    }
    await rm(coverage, { recursive: true })
  })

  it('holds no stub of a module that could not be bundled', () => {
    for (const file of readdirSync(join(distFolder, action), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.js'),
    )) {
      expect([
        file,
        /Cannot find module '(@actions|@google-cloud|google-auth|p-map|ignore|fflate)/.test(
          readFileSync(join(distFolder, action, file), 'utf8'),
        ),
      ]).toEqual([file, false])
    }
  })
})
