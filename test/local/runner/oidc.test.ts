import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connectToCloud } from '../../../local/runner/cloud-connection.ts'
import { startTestCloud } from '../../support/cloud.ts'
import type { TestCloud } from '../../support/cloud.ts'
import { makeRepository, nodeAction, oneJob, onlyJob } from './repository.ts'
import type { Repository } from './repository.ts'

/** What GitHub's toolkit does in getIDToken(), and nothing else. */
const action = nodeAction('token', {
  main: `
const ask = async () => {
  const reply = await fetch(process.env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=someone', { headers: { authorization: 'bearer ' + process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN } })
  const { value } = await reply.json()
  const claims = JSON.parse(Buffer.from(value.split('.')[1], 'base64url'))
  require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'claims=' + JSON.stringify(claims) + '\\n' + 'url=' + process.env.ACTIONS_ID_TOKEN_REQUEST_URL + '\\n' + 'reversed=' + [...process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN].reverse().join('') + '\\n')
}
ask()`,
})

let cloud: TestCloud
let repository: Repository
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
  repository = await makeRepository(action)
})
afterAll(async () => {
  await repository.remove()
  await cloud.close()
})

describe('a job of the local cloud', () => {
  it('gets a token with the claims of its own run, environment and audience, and only while it runs', async () => {
    const result = await repository.run(
      oneJob(
        '- uses: actions/checkout@v5\n- { id: token, uses: ./actions/token }',
        'environment: dev\npermissions: { id-token: write }',
      ),
      {
        cloud: connectToCloud(cloud.origin, cloud.stateDir),
      },
    )
    expect(result.conclusion).toBe('success')
    const outputs = onlyJob(result).steps[1]?.outputs ?? {}
    expect(JSON.parse(outputs.claims ?? '{}')).toMatchObject({
      aud: 'someone',
      repository: 'caec/clickstream',
      repository_id: '111',
      repository_owner_id: '222',
      environment: 'dev',
      event_name: 'workflow_dispatch',
      ref: 'refs/heads/main',
      sha: '0'.repeat(40),
      run_id: result.runId,
      workflow_ref: 'caec/clickstream/workflow.yml@refs/heads/main',
    })
    const token = [...(outputs.reversed ?? '')].reverse().join('')
    const late = await fetch(`${outputs.url}&audience=someone`, {
      headers: { authorization: `bearer ${token}` },
    })
    expect(late.status).toBeGreaterThanOrEqual(400)
  })

  it("inside a called workflow gets a token that names the called file and commit, and the caller's repository", async () => {
    const sha = 'c'.repeat(40)
    const platform = await makeRepository({
      ...action,
      '.github/workflows/inner.yml':
        'on: workflow_call\njobs: { a: { runs-on: x, outputs: { claims: "${{ steps.token.outputs.claims }}" }, steps: [{ id: token, uses: $/actions/token }] } }\n',
    })
    const result = await repository.run(
      `on: workflow_dispatch\njobs: { call: { permissions: { id-token: write }, uses: acme/platform/.github/workflows/inner.yml@${sha} } }\n`,
      {
        cloud: connectToCloud(cloud.origin, cloud.stateDir),
        repositories: { 'acme/platform': platform.root },
      },
    )
    await platform.remove()
    expect(JSON.parse(result.jobs[1]?.outputs.claims ?? '{}')).toMatchObject({
      repository: 'caec/clickstream',
      workflow_ref: 'caec/clickstream/workflow.yml@refs/heads/main',
      job_workflow_ref: `acme/platform/.github/workflows/inner.yml@${sha}`,
      job_workflow_sha: sha,
    })
  })

  it('has the cloud as its only way out', async () => {
    const result = await repository.run(
      oneJob(
        '- run: echo "$HTTPS_PROXY $NO_PROXY $CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY $BIGQUERY_EMULATOR_HOST $API_ENDPOINT_OVERRIDE"',
      ),
      { cloud: connectToCloud(cloud.origin, cloud.stateDir) },
    )
    expect(result.conclusion).toBe('success')
    expect(repository.lines).toContain(
      `job │ ${cloud.origin} 127.0.0.1,localhost ${cloud.origin}/bigquery/v2/ ${cloud.origin} ${cloud.origin}`,
    )
  })
})
