import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { RunOptions } from '../../../local/runner/run-options.ts'
import { makeRepository } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
let claims: Readonly<Record<string, string>>[]
beforeEach(async () => {
  repository = await makeRepository()
  claims = []
})
afterEach(async () => {
  await repository.remove()
})

const cloud: RunOptions['cloud'] = {
  origin: 'http://127.0.0.1:1',
  environment: {},
  registerRun: (given) => {
    claims.push(given)
    return Promise.resolve({ requestUrl: 'u', requestToken: 'token-value', end: () => Promise.resolve() })
  },
}
const workflow = (on: string): string => `on: ${on}
permissions: { id-token: write, contents: read }
jobs:
  a:
    runs-on: x
    steps:
      - run: |
          echo "is \${{ github.event_name }} \${{ github.event.action }} \${{ github.ref }} \${{ github.ref_name }} \${{ github.head_ref }}>\${{ github.base_ref }} $GITHUB_HEAD_REF \${{ github.event.number }} \${{ github.event.pull_request.merged }}|"
          echo "token [$ACTIONS_ID_TOKEN_REQUEST_TOKEN] key [\${{ secrets.key && 'there' }}]"
`
const run = async (on: string, options: Partial<RunOptions> = {}): Promise<string> => {
  await repository.run(workflow(on), { cloud, secrets: { key: 'hush-hush' }, ...options })
  return repository.lines.join('\n')
}

describe('a pull request', () => {
  it('has its merge ref, its branches and its claims', async () => {
    const shown = await run('pull_request', {
      event: 'pull_request',
      eventPayload: { number: 7, pull_request: { head: { ref: 'feature' } } },
    })
    expect(shown).toContain('is pull_request opened refs/pull/7/merge 7/merge feature>main feature 7 false|')
    expect(shown).toContain('token [***] key [there]')
    const ref = 'caec/clickstream/workflow.yml@refs/pull/7/merge'
    expect(claims).toMatchObject([
      {
        event_name: 'pull_request',
        ref: 'refs/pull/7/merge',
        ref_type: 'branch',
        head_ref: 'feature',
        base_ref: 'main',
        workflow_ref: ref,
        job_workflow_ref: ref,
      },
    ])
  })

  it('from a fork gets neither secrets nor an OIDC token', async () => {
    const shown = await run('pull_request', {
      event: 'pull_request',
      eventPayload: { pull_request: { head: { repo: { full_name: 'someone/clickstream' } } } },
    })
    expect(shown).toContain('token [] key []')
    expect(claims).toEqual([])
    expect(repository.lines[0]).toBe(
      'the pull request comes from a fork: no secrets, no OIDC token and no right to write, as on GitHub',
    )
  })

  it('starts a workflow only for the types it lists', async () => {
    const closed = {
      event: 'pull_request',
      eventPayload: { action: 'closed', pull_request: { merged: true } },
    }
    await expect(run('pull_request', closed)).rejects.toThrow(
      "workflow.yml is not started by pull_request 'closed'; it lists: opened, synchronize, reopened",
    )
    expect(await run('{ pull_request: { types: [closed] } }', closed)).toContain(
      'is pull_request closed refs/pull/1/merge 1/merge main>main main 1 true|',
    )
    expect(await run('{ pull_request: { types: closed } }', closed)).not.toBe('')
  })

  it('is said not to be judged by branches and paths', async () => {
    await run('{ pull_request: { branches: [main], paths: [dags/**] } }', { event: 'pull_request' })
    expect(repository.lines[0]).toBe(
      'warning: workflow.yml:1: on.pull_request: branches, paths is not looked at; the run starts whatever it says',
    )
  })

  it.each([
    [
      { action: 'labeled' },
      'action "labeled" of a pull_request is not supported; supported: opened, synchronize, reopened, closed',
    ],
    [{ number: 'x' }, 'number of the pull request is "x"; a whole number from 1 is expected'],
  ])('%j is refused', async (eventPayload, message) => {
    await expect(run('pull_request', { event: 'pull_request', eventPayload })).rejects.toThrow(message)
  })
})

describe('other events', () => {
  it('take the ref of their payload', async () => {
    expect(await run('push', { event: 'push', eventPayload: { ref: 'refs/tags/v1' } })).toContain(
      'is push  refs/tags/v1 v1 >',
    )
    expect(claims).toMatchObject([{ ref: 'refs/tags/v1', ref_type: 'tag' }])
    await expect(run('push', { event: 'push', eventPayload: { ref: 'v1' } })).rejects.toThrow(
      "ref 'v1' of the event is not in full; write refs/heads/v1 or refs/tags/v1",
    )
  })

  it('have no inputs, and do not miss those of a dispatch', async () => {
    const on =
      '{ schedule: [{ cron: "0 3 * * *" }], workflow_dispatch: { inputs: { must: { required: true } } } }'
    expect(await run(on, { event: 'schedule' })).toContain('is schedule')
    await expect(run(on, { event: 'schedule', inputs: { must: 'x' } })).rejects.toThrow(
      '--input must: only workflow_dispatch has inputs, this event is schedule',
    )
  })
})

describe('an environment', () => {
  const job = (environment: string): string => `on: workflow_dispatch
jobs:
  a: { runs-on: x, ${environment} steps: [{ run: 'echo "vars [\${{ vars.ONLY_DEV }}] [\${{ vars.BOTH }}] [\${{ vars.REPO }}]"' }] }
`
  const options = {
    vars: { REPO: 'repo', BOTH: 'repo' },
    environments: { dev: { ONLY_DEV: 'dev', BOTH: 'dev' }, prod: { BOTH: 'prod' } },
  }
  it.each([
    ['environment: dev,', '[dev] [dev] [repo]'],
    ['environment: { name: prod },', '[] [prod] [repo]'],
    ['', '[] [repo] [repo]'],
  ])('%s gives its own variables only', async (environment, vars) => {
    await repository.run(job(environment), options)
    expect(repository.lines).toContain(`a │ vars ${vars}`)
  })

  it('given as an input of that type must be one there is', async () => {
    const workflow = `on: { workflow_dispatch: { inputs: { where: { type: environment, default: dev } } } }
jobs: { a: { runs-on: x, environment: "\${{ inputs.where }}", steps: [{ run: 'echo "in \${{ vars.BOTH }}"' }] } }
`
    await repository.run(workflow, { ...options, inputs: { where: 'prod' } })
    expect(repository.lines).toContain('a │ in prod')
    await expect(repository.run(workflow, { ...options, inputs: { where: 'pord' } })).rejects.toThrow(
      "Input 'where' is 'pord'; accepted: dev, prod",
    )
  })

  it('nobody defined is refused before the first step, or fails its job when only an expression tells', async () => {
    const sentence =
      "environment 'pord' is not known; write one of dev, prod, or name a file of your own with --environment (its github.environment)"
    await expect(repository.run(job('environment: pord,'), options)).rejects.toThrow(
      `workflow.yml:3: ${sentence}`,
    )
    const result = await repository.run(job("environment: \"${{ format('po{0}', 'rd') }}\","), options)
    expect(result.jobs.map(({ result: end, annotations }) => [end, annotations[0]?.message])).toEqual([
      ['failure', `The template is not valid. workflow.yml (Line: 3): ${sentence}`],
    ])
  })
})
