/**
 * github.deployWorkflow over HTTP: of all runs in the environment only the pinned called workflow becomes
 * ci-deploy; everything else keeps what it had.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot, startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { federatedToken, impersonate, registerRun } from '../../support/workflow-run.ts'

const commit = 'b'.repeat(40)
const workflow = 'octo-platform/clickstream-actions/.github/workflows/deploy.yml'
const pinned = `${workflow}@${commit}`
let folder: string
let cloud: TestCloud
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinned workflow '))
  const environment = await readFile(
    join(repoRoot, 'terraform-infra/environments/dev/environment.yaml'),
    'utf8',
  )
  const file = join(folder, 'environment.yaml')
  await writeFile(file, environment.replace('deployWorkflow: any', `deployWorkflow: ${pinned}`))
  cloud = await startTestCloud({ services: [], environmentFile: file })
})
afterAll(async () => {
  await cloud.close()
  await rm(folder, { recursive: true, force: true })
})

async function becomes(identity: string, claims: Record<string, unknown>): Promise<[number, string]> {
  const token = await federatedToken(cloud, await registerRun(cloud, claims))
  const reply = await impersonate(cloud, token, cloud.cloud.environment.serviceAccounts[identity]!)
  return [reply.status, ((await reply.json()) as { error?: { message: string } }).error?.message ?? '']
}
const denied = [
  403,
  "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
]

describe('with a pinned deploy workflow', () => {
  it('the pinned workflow, called from the trusted repository in its environment, becomes ci-deploy', async () => {
    expect(await becomes('ci-deploy', { job_workflow_ref: pinned })).toEqual([200, ''])
  })
  it.each([
    ['a workflow of the caller itself', { job_workflow_ref: undefined }],
    ['the pinned workflow at a branch', { job_workflow_ref: `${workflow}@refs/heads/main` }],
    ['the pinned workflow at another commit', { job_workflow_ref: `${workflow}@${'c'.repeat(40)}` }],
    ['another workflow at the pinned commit', { job_workflow_ref: pinned.replace('deploy.yml', 'test.yml') }],
    ['a workflow of the same path in a fork', { job_workflow_ref: pinned.replace('octo-platform', 'evil') }],
    ['a reference that begins like the pinned one', { job_workflow_ref: `${pinned}0` }],
    ['a reference in other letters', { job_workflow_ref: pinned.replace('octo', 'Octo') }],
    ['the pinned workflow outside the environment', { job_workflow_ref: pinned, environment: undefined }],
    ['the pinned workflow in another environment', { job_workflow_ref: pinned, environment: 'prod' }],
    [
      'an environment that is named like the answer',
      { job_workflow_ref: `${workflow}@refs/heads/main`, environment: 'dev:admitted' },
    ],
  ])('%s does not', async (_what, claims) => {
    expect(await becomes('ci-deploy', claims)).toEqual(denied)
  })
  it.each(['ci-plan', 'ci-test', 'dbt'])('%s is what it was before', async (identity) => {
    expect(await becomes(identity, { job_workflow_ref: `${workflow}@refs/heads/main` })).toEqual([200, ''])
  })
})
