/**
 * Every identity tries every operation of operations.yaml over HTTP, with a token from the whole federation
 * chain: allowed and denied exactly as documented, and no role wider than that.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { AccessDecision } from '../../../local/cloud/kernel.ts'
import { repoRoot, startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'
import { batchBody, by, operations, send, type Scene } from './requests.ts'

interface Matrix {
  readonly operations: readonly {
    readonly id: string
    readonly what: string
    readonly needs: readonly string[]
    readonly who: readonly Persona[]
    readonly says?: string
  }[]
  readonly notServedHere: readonly {
    readonly permissions: readonly string[]
    readonly roles: readonly string[]
    readonly why: string
  }[]
}
interface AccessYaml {
  readonly identities: Readonly<Record<string, unknown>>
  readonly customRoles: Readonly<Record<string, { readonly permissions: readonly string[] }>>
  readonly bindings: Readonly<
    Record<
      string,
      readonly { readonly role: string; readonly members: readonly string[]; readonly why: string }[]
    >
  >
}
const matrix = parse(readFileSync(join(import.meta.dirname, 'operations.yaml'), 'utf8')) as Matrix
const access = parse(readFileSync(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')) as AccessYaml
const everyone = Object.keys(access.identities) as Persona[]

let cloud: TestCloud
let scene: Scene
const tokens = new Map<Persona, string>()
beforeAll(async () => {
  cloud = await startTestCloud()
  await Promise.all(everyone.map(async (name) => tokens.set(name, await tokenOf(name))))
  for (const [bucket, name] of [
    ['raw', 'events/there.csv'],
    ['lake', 'sessionized/event_date=2022-07-01/part-0.parquet'],
    ['lake', 'rejected/event_date=2022-07-01/part-0.parquet'],
    ['staging', 'submit-spark/there.py'],
    ['staging', 'run-dbt/state/there.json'],
    ['staging', 'google-cloud-dataproc-metainfo/there'],
    ['dags', 'dags/there.py'],
  ] as const)
    await expectOk(
      by(cloud, {
        method: 'POST',
        path: `/upload/storage/v1/b/caec-local-${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`,
        text: 'x',
      }),
    )
  for (const sql of [
    'CREATE TABLE caec_raw.there (n INT64)',
    'CREATE TABLE caec_analytics.there (n INT64)',
    'CREATE VIEW caec_insights.there AS SELECT 1 AS n',
  ])
    await expectOk(
      by(cloud, {
        method: 'POST',
        path: '/bigquery/v2/projects/caec-local/queries',
        body: { query: sql, useLegacySql: false },
      }),
    )
  // A query that no identity under test ran itself: made with the Composer account's right, read by the
  // others.
  const job = (await expectOk(
    send(cloud, cloud.tokenFor('composer'), {
      method: 'POST',
      path: '/bigquery/v2/projects/caec-local/queries',
      body: { query: 'SELECT 1 AS n', useLegacySql: false },
    }),
  )) as { jobReference: { jobId: string } }
  const batch = (await expectOk(
    by(cloud, {
      method: 'POST',
      path: '/v1/projects/caec-local/locations/us-central1/batches?batchId=matrix-1&requestId=matrix-request',
      body: batchBody('caec-spark@caec-local.iam.gserviceaccount.com'),
    }),
  )) as { name: string }
  scene = {
    job: job.jobReference.jobId,
    batch: 'matrix-1',
    operation: batch.name,
    batchRequestId: 'matrix-request',
  }
}, 60_000)
afterAll(() => cloud.close())

async function expectOk(reply: Promise<Response>): Promise<unknown> {
  const answer = await reply
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${answer.status} ${text}`)
  return JSON.parse(text)
}

/** As Google's libraries do with the credentials file: subject token, exchange, impersonation. */
async function tokenOf(name: Persona): Promise<string> {
  const file = JSON.parse(await readFile(cloud.cloud.identity.credentialFiles()[name]!, 'utf8')) as {
    audience: string
    subject_token_type: string
    token_url: string
    service_account_impersonation_url: string
    credential_source: { url: string; headers: Record<string, string> }
  }
  const { value } = (await expectOk(
    fetch(file.credential_source.url, { headers: file.credential_source.headers }),
  )) as { value: string }
  const scope = 'https://www.googleapis.com/auth/cloud-platform'
  const { access_token: federated } = (await expectOk(
    fetch(file.token_url, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: file.subject_token_type,
        subject_token: value,
        audience: file.audience,
        scope,
      }),
    }),
  )) as { access_token: string }
  const { accessToken } = (await expectOk(
    fetch(file.service_account_impersonation_url, {
      method: 'POST',
      headers: { authorization: `Bearer ${federated}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope: [scope] }),
    }),
  )) as { accessToken: string }
  return accessToken
}

describe('the access matrix', () => {
  it('has a request for each operation and an operation for each request', () => {
    expect(Object.keys(operations)).toEqual(matrix.operations.map(({ id }) => id))
  })
  it.each(matrix.operations)(
    'lets exactly the documented identities $what',
    async ({ id, needs, who, says }) => {
      const { prepare, ask, allowed } = operations[id]!
      const seen: Record<string, unknown> = {}
      for (const caller of everyone) {
        await prepare?.(cloud, caller)
        const decisions: AccessDecision[] = []
        const stop = cloud.cloud.access.onDecision((decision) => decisions.push(decision))
        const reply = await send(cloud, tokens.get(caller)!, await ask(caller, scene))
        const text = await reply.text()
        stop()
        // The Composer account's own query needs no right of others.
        if (caller === 'composer' && ['read-others-job', 'cancel-others-job'].includes(id)) continue
        const isPast = allowed === undefined ? reply.ok : reply.status === allowed
        const denial =
          reply.status === 403 &&
          (needs.some((permission) => text.includes(permission)) ||
            (says !== undefined && text.includes(says)))
        seen[caller] = isPast ? 'allowed' : denial ? 'denied' : `${reply.status} ${text}`
        // What is documented as needed is what was asked for.
        const asked = new Set(
          decisions
            .filter(({ allowed: yes, principal }) => yes && principal.member.includes(`caec-${caller}@`))
            .map(({ permission }) => permission),
        )
        if (isPast) expect([caller, [...asked].sort()]).toEqual([caller, [...needs].sort()])
      }
      expect(seen).toEqual(
        Object.fromEntries(
          Object.keys(seen).map((caller) => [caller, who.includes(caller as Persona) ? 'allowed' : 'denied']),
        ),
      )
    },
    60_000,
  )
})

describe('no grant is wider than the matrix', () => {
  const bindings = Object.entries(access.bindings).flatMap(([resource, list]) =>
    list.map((binding) => ({ resource, ...binding })),
  )
  const used = (permission: string, members: readonly string[]) =>
    matrix.operations.some(
      ({ needs, who }) => needs.includes(permission) && who.some((name) => members.includes(name)),
    )
  const excused = (role: string, permission: string) =>
    matrix.notServedHere.some(
      ({ permissions, roles }) => permissions.includes(permission) && roles.includes(role),
    )

  it.each(Object.entries(access.customRoles))(
    '%s holds no permission that no operation of its members needs',
    (role, { permissions }) => {
      const members = bindings
        .filter((binding) => binding.role === `customRoles/${role}`)
        .flatMap((binding) => binding.members)
      expect(members.length).toBeGreaterThan(0)
      expect(
        permissions.filter((permission) => !used(permission, members) && !excused(role, permission)),
      ).toEqual([])
    },
  )
  it('excuses only permissions that are there and that no operation needs', () => {
    const idle = matrix.notServedHere.flatMap(({ permissions, roles }) =>
      roles.flatMap((role) => {
        const members = bindings
          .filter((binding) => binding.role === `customRoles/${role}`)
          .flatMap((binding) => binding.members)
        return permissions
          .filter(
            (permission) =>
              !access.customRoles[role]?.permissions.includes(permission) || used(permission, members),
          )
          .map((permission) => `${role} ${permission}`)
      }),
    )
    expect(idle).toEqual([])
  })
  it('binds each predefined role only to members who need something of it on that resource', () => {
    const onGoogleAlone = ['roles/dataproc.serverlessNode', 'roles/iam.workloadIdentityUser']
    const idle = bindings
      .filter(({ role }) => role.startsWith('roles/') && !onGoogleAlone.includes(role))
      .flatMap(({ resource, role, members }) =>
        members
          .filter(
            (name) =>
              !matrix.operations.some(
                ({ needs, who }) =>
                  who.includes(name as Persona) &&
                  needs.some((permission) => cloud.cloud.access.roleHas(role, permission)),
              ),
          )
          .map((name) => `${resource} ${role} ${name}`),
      )
    expect(idle).toEqual([])
  })
  it('gives nobody a basic role, an administrator role of a whole service, or a key', () => {
    const text = readFileSync(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')
    expect(
      bindings
        .map(({ role }) => role)
        .filter((role) => /^roles\/(owner|editor|viewer|browser)$|[aA]dmin$/.test(role)),
    ).toEqual([])
    expect(text).not.toMatch(/serviceAccountKeys|allUsers|allAuthenticatedUsers/)
    expect(
      Object.values(access.customRoles)
        .flatMap(({ permissions }) => permissions)
        .filter((permission) =>
          /^iam\.(serviceAccountKeys|serviceAccounts\.(getAccessToken|signBlob|signJwt|setIamPolicy))|\.projects\.setIamPolicy/.test(
            permission,
          ),
        ),
    ).toEqual([])
  })
})
