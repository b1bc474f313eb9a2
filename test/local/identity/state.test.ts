/** What identity keeps over restarts, what never reaches the disk, and providers changed in access.yaml. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot, startTestCloud, type TestCloud } from '../../support/cloud.ts'
import {
  exchange,
  federatedToken,
  impersonate,
  registerRun,
  requestOidcToken,
} from '../../support/workflow-run.ts'

let stateDir: string
let open: TestCloud[] = []
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'state '))
})
afterEach(async () => {
  for (const cloud of open) await cloud.close()
  open = []
  await rm(stateDir, { recursive: true, force: true })
})
async function start(options: Parameters<typeof startTestCloud>[0] = {}): Promise<TestCloud> {
  const cloud = await startTestCloud({ services: [], stateDir, ...options })
  open.push(cloud)
  return cloud
}
const allowed = (cloud: TestCloud, token: string) =>
  fetch(`${cloud.origin}/v1/projects/-/serviceAccounts/x/allowedLocations`, {
    headers: { authorization: `Bearer ${token}` },
  }).then((reply) => reply.status)

async function withAccess(edit: (text: string) => string): Promise<string> {
  const file = join(stateDir, 'access.yaml')
  await writeFile(file, edit(await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')))
  return file
}

describe('after a restart', () => {
  it('keeps tokens, runs and the admin token, even when the last write was cut', async () => {
    const first = await start()
    const run = await registerRun(first)
    const [token, old] = [first.tokenFor('ops'), first.cloud.identity.adminToken]
    await first.close()
    await appendFile(join(stateDir, 'identity/access-tokens.ndjson'), '{"hash":"abc","princ')
    const second = await start()
    expect(await allowed(second, token)).toBe(200)
    expect(second.cloud.identity.adminToken).toBe(old)
    expect(
      await requestOidcToken({ ...run, requestUrl: run.requestUrl.replace(first.origin, second.origin) }),
    ).toMatch(/^ey/)
    expect(await allowed(second, second.tokenFor('ops'))).toBe(200)
  })
  it('forgets tokens that ended', async () => {
    const first = await start()
    const token = first.tokenFor('ops')
    await first.close()
    const second = await start({ now: () => Date.now() + 3_601_000 })
    expect(await allowed(second, token)).toBe(401)
  })
})

describe('on disk', () => {
  it('holds no bearer token, and nothing another user could read', async () => {
    const cloud = await start()
    const run = await registerRun(cloud)
    const federated = await federatedToken(cloud, run)
    const { accessToken } = (await (
      await impersonate(cloud, federated, cloud.cloud.environment.serviceAccounts['ci-deploy']!)
    ).json()) as {
      accessToken: string
    }
    const secrets = [federated, accessToken, cloud.tokenFor('ops'), run.requestToken]
    for (const name of await readdir(stateDir, { recursive: true })) {
      const file = join(stateDir, name)
      const { mode, isFile } = await stat(file).then((found) => ({
        mode: found.mode,
        isFile: found.isFile(),
      }))
      expect([name, (mode & 0o077).toString(8)]).toEqual([name, '0'])
      if (isFile)
        for (const secret of secrets) expect((await readFile(file, 'utf8')).includes(secret)).toBe(false)
    }
    for (const line of cloud.lines) for (const secret of secrets) expect(line).not.toContain(secret)
  })
})

describe('access.yaml decides about federation', () => {
  it('refuses a disabled provider and a disabled pool', async () => {
    for (const field of ['disabled', 'poolDisabled']) {
      const cloud = await start({
        accessFile: await withAccess((text) =>
          text.replace('  issuer: https', `  ${field}: true\n  issuer: https`),
        ),
      })
      const reply = await exchange(cloud, await requestOidcToken(await registerRun(cloud)))
      expect([reply.status, ((await reply.json()) as { error: string }).error]).toEqual([
        400,
        'invalid_target',
      ])
      await cloud.close()
    }
  })
  it('refuses a google.subject beyond 127 bytes', async () => {
    const cloud = await start({
      accessFile: await withAccess((text) =>
        text.replace(/google\.subject: .*/, 'google.subject: assertion.sub'),
      ),
    })
    const long = 'x'.repeat(60)
    const reply = await exchange(
      cloud,
      await requestOidcToken(await registerRun(cloud, { repository: `example/${long}`, environment: long })),
    )
    expect(await reply.json()).toEqual({
      error: 'invalid_grant',
      error_description: expect.stringMatching(
        /^The size of mapped attribute google\.subject exceeds the 127 bytes limit\./,
      ),
    })
  })
  it('takes only the listed audiences when there are any', async () => {
    const cloud = await start({
      accessFile: await withAccess((text) =>
        text.replace('  issuer: https', '  allowedAudiences: [my-cloud]\n  issuer: https'),
      ),
    })
    const run = await registerRun(cloud)
    expect((await exchange(cloud, await requestOidcToken(run, 'my-cloud'))).status).toBe(200)
    expect((await exchange(cloud, await requestOidcToken(run))).status).toBe(400)
  })
  it.each([
    [
      'an attribute',
      'principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/attribute.ref/refs/heads/main',
      true,
    ],
    [
      'another value of it',
      'principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/attribute.ref/refs/heads/dev',
      false,
    ],
    [
      'an attribute that is not mapped',
      'principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/attribute.sha/x',
      false,
    ],
    [
      'the whole pool',
      'principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/*',
      true,
    ],
    [
      'another pool',
      'principalSet://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/gitlab/*',
      false,
    ],
    [
      'the subject',
      'principal://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/subject/repository:200000000001:run:4711',
      true,
    ],
    [
      'another subject',
      'principal://iam.googleapis.com/projects/${projectNumber}/locations/global/workloadIdentityPools/github/subject/repository:200000000001:run:4712',
      false,
    ],
  ])('gives a federated caller rights directly through %s', async (_name, member, isAllowed) => {
    const cloud = await start({
      accessFile: await withAccess((text) =>
        text.replace(
          '{ role: roles/bigquery.user, members: [data-eng],',
          `{ role: roles/bigquery.user, members: ['${member}'],`,
        ),
      ),
    })
    const principal = cloud.cloud.identity.authenticate(
      `Bearer ${await federatedToken(cloud, await registerRun(cloud))}`,
    )
    expect(
      cloud.cloud.access.allows(principal, 'bigquery.jobs.create', {
        name: 'projects/caec-local',
        type: 'x',
        service: 'x',
      }),
    ).toBe(isAllowed)
  })
})
