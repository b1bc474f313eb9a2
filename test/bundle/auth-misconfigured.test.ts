/**
 * What a newcomer reads when the identity is set up wrongly: each row is one mistake, and its message alone
 * must lead to the right fix. Answers that the local cloud cannot give are Google's own, injected.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorsOf, type Job, openJob, runBundle } from '../support/runner.ts'
import { oidcVariables, overridesFor } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

const deployer = 'caec-ci-deploy@caec-local.iam.gserviceaccount.com'
const pool = providerName.replace(/\/providers\/.*/, '')
const condition =
  "assertion.repository_owner_id == '200000000002' && assertion.repository_id == '200000000001' && assertion.environment == 'dev'"
let cloud: TestCloud
let job: Job
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
  job = await openJob()
})
afterAll(() => Promise.all([cloud.close(), job.close()]))

interface Mistake {
  readonly mistake: string
  readonly with?: Record<string, string>
  readonly claims?: Record<string, unknown>
  readonly env?: Record<string, string>
  /** The job has no token service. */
  readonly isWithoutOidc?: true
  /** `{pull_request…}` of the event file. */
  readonly event?: unknown
  /** Google's answer to the request whose path ends so. */
  readonly answer?: readonly [path: string, status: number, body: unknown]
  readonly problem: string
  /** In this order: the fix before everything else. */
  readonly says: readonly (string | RegExp)[]
  readonly neverSays?: RegExp
}

const sts = (description: string, error = 'invalid_grant') =>
  ['/v1/token', 400, { error, error_description: description }] as const
const iam = (status: number, message: string, details: unknown[] = [], code = 'PERMISSION_DENIED') =>
  [':generateAccessToken', status, { error: { code: status, message, status: code, details } }] as const
const second = () => Math.floor(Date.now() / 1000)

const MISTAKES: readonly Mistake[] = [
  {
    mistake: 'permissions: id-token: write is missing',
    isWithoutOidc: true,
    problem: 'missing-id-token',
    says: ['Give the job "permissions: { contents: read, id-token: write }"'],
  },
  {
    mistake: 'a pull request from a fork',
    isWithoutOidc: true,
    event: { pull_request: { head: { repo: { fork: true } } } },
    env: { GITHUB_EVENT_NAME: 'pull_request' },
    problem: 'missing-id-token',
    says: ['comes from a fork', 'skip the job for forks'],
  },
  {
    mistake: 'Dependabot started the run',
    isWithoutOidc: true,
    env: { GITHUB_ACTOR: 'dependabot[bot]' },
    problem: 'missing-id-token',
    says: ['Dependabot started this run', 'skip the job for it'],
  },
  {
    mistake: 'the pool instead of the provider',
    with: { 'workload-identity-provider': pool },
    problem: 'wif-provider',
    says: ['the provider is missing: add /providers/PROVIDER'],
  },
  {
    mistake: "the project's id instead of its number",
    with: { 'workload-identity-provider': providerName.replace(/^projects\/\d+/, 'projects/my-project') },
    problem: 'wif-provider',
    says: ["my-project is the project's id", 'gcloud projects describe my-project'],
  },
  {
    mistake: 'a key pasted where the provider belongs',
    with: {
      'workload-identity-provider': JSON.stringify({
        type: 'service_account',
        private_key_id: 'f'.repeat(40),
      }),
    },
    problem: 'wif-provider',
    says: ['looks like a key or a token'],
    neverSays: /ffff/,
  },
  {
    mistake: 'the key of before is still there',
    with: { credentials_json: '{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----x"}' },
    problem: 'service-account-key',
    says: ['Give workload_identity_provider and service_account instead'],
    neverSays: /BEGIN/,
  },
  {
    mistake: 'a provider that is not there, or disabled',
    with: { 'workload-identity-provider': providerName.replace('providers/actions', 'providers/other') },
    problem: 'wif-provider',
    says: ['of a provider that exists and is enabled'],
  },
  {
    mistake: 'another audience than the provider allows',
    with: { audience: 'https://example.com' },
    problem: 'wif-audience',
    says: [
      /Set the input audience to what the provider accepts \(.*providers\/actions/,
      "This token's audience is https://example.com",
    ],
  },
  {
    mistake: 'another repository than the condition allows, condition given',
    with: { 'attribute-condition': condition },
    claims: { repository_id: '999' },
    problem: 'wif-condition',
    says: [
      'this clause is false for this job',
      "✓  assertion.repository_owner_id == '200000000002'",
      '✗ false  assertion.repository_id == \'200000000001\'   (repository_id="999")',
      "✓  assertion.environment == 'dev'",
      "Claims of this job's token: ",
    ],
  },
  {
    mistake: 'another repository than the condition allows, condition not given',
    claims: { repository_id: '999' },
    problem: 'wif-condition',
    says: [
      'Compare it with the claims below',
      'Give the condition as input attribute-condition',
      'repository_id=999',
    ],
  },
  {
    mistake: 'a condition that reads environment, and a job that names none',
    with: { 'attribute-condition': condition },
    claims: { environment: undefined },
    answer: sts('The given credential is rejected by the attribute condition.', 'unauthorized_client'),
    problem: 'wif-condition',
    says: [
      'Add "environment: NAME" to the job',
      'an error of the condition, not a false answer',
      "✗ error  assertion.environment == 'dev'   (the token has no claim environment",
    ],
  },
  {
    mistake: 'a condition that compares a text with a number',
    with: { 'attribute-condition': 'assertion.repository_id == 200000000001' },
    answer: sts('The given credential is rejected by the attribute condition.', 'unauthorized_client'),
    problem: 'wif-condition',
    says: [
      'every claim is a text: compare it with a quoted value',
      '✗ false  assertion.repository_id == 200000000001   (the claim is a text and is compared with a number',
    ],
  },
  {
    mistake: 'an account that trusts an environment, and a job that names none',
    claims: { environment: undefined },
    answer: iam(
      403,
      "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    ),
    problem: 'impersonation',
    says: ['add "environment: NAME" to this job', 'no grant needs to change', 'Do not widen the grant'],
  },
  {
    mistake: 'the binding on the account is missing',
    with: { 'service-account': 'caec-spark@caec-local.iam.gserviceaccount.com' },
    problem: 'impersonation',
    says: [
      'Check the address caec-spark@caec-local.iam.gserviceaccount.com',
      'grant roles/iam.workloadIdentityUser on this account alone',
      `principalSet://iam.googleapis.com/${pool}/attribute.repository_id/200000000001`,
    ],
  },
  {
    mistake: 'an account that does not exist',
    answer: iam(404, 'Not found; Gaia id not found for email caec-ci-deplyo@x', [], 'NOT_FOUND'),
    problem: 'unknown-account',
    says: ['Correct service-account: there is no account'],
  },
  {
    mistake: 'the IAM Credentials API is not enabled',
    answer: iam(
      403,
      'IAM Service Account Credentials API has not been used in project 1 before or it is disabled.',
      [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }],
    ),
    problem: 'api-disabled',
    says: ['Enable the API in the project that the message names'],
    neverSays: /workloadIdentityUser/,
  },
  {
    mistake: 'a subject of more than 127 bytes',
    answer: sts(
      'The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.',
    ),
    problem: 'wif-subject',
    says: [/sub has \d+ bytes, 127 are allowed/, 'map it to ids'],
  },
  {
    mistake: 'a mapped attribute that is not a text',
    answer: sts("The mapped attribute 'attribute.attempt' must be of type STRING."),
    problem: 'wif-mapping',
    says: ["Correct the provider's attribute mapping"],
  },
  {
    mistake: 'a clock that is off',
    answer: sts(`ID Token issued at ${second()} is stale to sign-in.`),
    problem: 'wif-clock',
    says: ['A token lives five minutes'],
  },
  {
    mistake: "a provider for github.com and a job of an enterprise server's",
    answer: sts(
      'The issuer in ID Token https://ghes.example/_services/token does not match the expected ones: https://token.actions.githubusercontent.com',
    ),
    problem: 'wif-issuer',
    says: ["set the provider's issuer URI to exactly that", 'GitHub Enterprise Server has its own'],
  },
  {
    mistake: 'an issuer that Google cannot reach',
    answer: sts("Error connecting to the given credential's issuer."),
    problem: 'wif-issuer',
    says: ['upload its current keys to the provider'],
  },
  {
    mistake: 'a lifetime that needs an organization policy',
    with: { 'access-token-lifetime': '7200' },
    problem: 'token-lifetime',
    says: ['access-token-lifetime above 3600 s needs the organization policy'],
  },
  {
    mistake: "another environment's project",
    with: { 'allowed-projects': 'caec-dev', 'project-id': 'caec-prod' },
    problem: 'project-not-allowed',
    says: ['caec-prod (project-id) is not one of caec-dev', 'Check which environment this job belongs to'],
  },
]

async function seen(row: Mistake): Promise<{ text: string; exitCode: number | null; exported: object }> {
  const injected = await openProxy(cloud.origin, (request, reply) => {
    if (row.answer === undefined || !request.url?.endsWith(row.answer[0])) return false
    reply.writeHead(row.answer[1], { 'content-type': 'application/json' }).end(JSON.stringify(row.answer[2]))
    return true
  })
  const eventFile = join(job.temp, 'event.json')
  if (row.event !== undefined) await writeFile(eventFile, JSON.stringify(row.event))
  const result = await runBundle('auth', {
    job,
    env: {
      ...overridesFor(injected.origin),
      ...(row.isWithoutOidc ? {} : await oidcVariables(cloud, row.claims)),
      ...(row.event === undefined ? {} : { GITHUB_EVENT_PATH: eventFile }),
      ...row.env,
    },
    with: { 'workload-identity-provider': providerName, 'service-account': deployer, ...row.with },
  })
  injected.close()
  const errors = errorsOf(result)
  expect(errors).toHaveLength(1)
  return { text: errors[0] ?? '', exitCode: result.exitCode, exported: result.exported }
}

describe('a mistake in the identity is told with its fix', () => {
  it.each(MISTAKES.map((row): [string, Mistake] => [row.mistake, row]))('%s', async (_mistake, row) => {
    const { text, exitCode, exported } = await seen(row)
    expect([exitCode, exported]).toEqual([1, {}])
    expect(text).toContain(`#${row.problem}`)
    let at = 0
    for (const words of row.says) {
      const rest = text.slice(at)
      if (typeof words === 'string') expect(rest).toContain(words)
      else expect(rest).toMatch(words)
      at += typeof words === 'string' ? rest.indexOf(words) : (words.exec(rest)?.index ?? 0)
    }
    if (row.neverSays) expect(text).not.toMatch(row.neverSays)
    // The claims hide nothing: they come after the fix.
    const claims = text.indexOf("Claims of this job's token")
    if (claims >= 0)
      expect(text.indexOf(String(row.says[0]).slice(0, 20).replace(/^\//, ''))).toBeLessThan(claims)
  })
})
