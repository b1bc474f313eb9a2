import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { endpointOverrides } from '../../../local/cloud/endpoint-variables.ts'
import { isRunning, makeRepository, oneJob, onlyJob } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(async () => {
  await repository.remove()
})

const jobs = (text: string): string => `on: workflow_dispatch\njobs:\n${text}`

describe('jobs', () => {
  it('run after those they need, with their outputs and results', async () => {
    const result = await repository.run(
      jobs(`
  last:
    needs: [first, second]
    runs-on: x
    steps:
      - run: echo "\${{ needs.first.outputs.word }} \${{ needs.second.result }} \${{ toJSON(needs.first.outputs) }}"
  second: { needs: first, runs-on: x, steps: [{ run: 'true' }] }
  first:
    runs-on: x
    outputs: { word: "\${{ steps.s.outputs.w }}" }
    steps: [{ id: s, run: 'echo w=hello >> "$GITHUB_OUTPUT"' }]
`),
    )
    expect(result.conclusion).toBe('success')
    expect(result.jobs.map(({ id }) => id)).toEqual(['last', 'second', 'first'])
    expect(result.jobs[2]?.outputs).toEqual({ word: 'hello' })
    expect(repository.lines.join('\n')).toContain('hello success')
  })

  it('are skipped when any ancestor failed or was skipped, unless their condition asks for it', async () => {
    const result = await repository.run(
      jobs(`
  fails: { runs-on: x, steps: [{ run: exit 1 }] }
  skipped: { needs: fails, runs-on: x, steps: [{ run: 'true' }] }
  tidies: { needs: skipped, if: failure(), runs-on: x, steps: [{ run: 'true' }] }
  always: { needs: skipped, if: "always() && needs.skipped.result == 'skipped'", runs-on: x, steps: [{ run: 'true' }] }
  after: { needs: always, runs-on: x, steps: [{ run: 'true' }] }
`),
    )
    expect(Object.fromEntries(result.jobs.map(({ id, result: conclusion }) => [id, conclusion]))).toEqual({
      fails: 'failure',
      skipped: 'skipped',
      tidies: 'success',
      always: 'success',
      after: 'skipped',
    })
    expect(result.conclusion).toBe('failure')
  })

  it('do not hand on an output that holds a secret', async () => {
    const result = await repository.run(
      jobs(`
  a:
    runs-on: x
    outputs: { open: "\${{ steps.s.outputs.open }}", hidden: "\${{ steps.s.outputs.hidden }}" }
    steps: [{ id: s, run: 'echo open=1 >> $GITHUB_OUTPUT; echo "hidden=\${{ secrets.K }}" >> $GITHUB_OUTPUT' }]
`),
      { secrets: { K: 'hush-hush' } },
    )
    expect(onlyJob(result).outputs).toEqual({ open: '1' })
    expect(onlyJob(result).annotations[0]?.message).toBe("Skip output 'hidden' since it may contain secret.")
  })

  it('see vars, inputs with their types, the event, and defaults for run', async () => {
    const workflow = `
on:
  workflow_dispatch:
    inputs:
      flag: { type: boolean, default: true }
      count: { type: number, default: 2 }
      pick: { type: choice, options: [one, two] }
      word: { default: hi }
defaults: { run: { shell: sh } }
jobs:
  job:
    runs-on: x
    defaults: { run: { working-directory: /tmp } }
    steps:
      - run: echo "\${{ inputs.flag && 'yes' || 'no' }} \${{ inputs.count + 0 == 2 }} \${{ github.event.inputs.flag }} \${{ inputs.pick }} \${{ inputs.word }} \${{ vars.V }} $PWD"
`.replace('inputs.count + 0 == 2', 'inputs.count == 2')
    await repository.run(workflow, { vars: { V: 'var' }, inputs: { pick: 'two' } })
    expect(repository.lines).toContain('job │ yes true true two hi var /tmp')
    repository.lines.length = 0
    await repository.run(workflow, { inputs: { flag: 'false', pick: 'one' } })
    expect(repository.lines.join('\n')).toContain('no true false one hi')
  })

  it('and the workflow may name a concurrency group, which must have a name', async () => {
    const grouped = (group: string, own = 'x'): string => `on: workflow_dispatch
concurrency: { group: "${group}", cancel-in-progress: "\${{ github.event_name == 'pull_request' }}" }
jobs: { a: { runs-on: x, concurrency: { group: "${own}", cancel-in-progress: true }, steps: [{ run: 'true' }] } }
`
    expect((await repository.run(grouped('deploy-${{ github.ref }}'))).conclusion).toBe('success')
    await expect(repository.run(grouped('${{ github.head_ref }}'))).rejects.toThrow(
      'workflow.yml: Concurrency group name cannot be empty',
    )
    const result = await repository.run(grouped('a', '${{ github.head_ref }}'))
    expect(onlyJob(result).annotations[0]?.message).toBe(
      'The template is not valid. workflow.yml (Line: 3): Concurrency group name cannot be empty',
    )
  })

  it('hash files of the workspace', async () => {
    await repository.write('a.lock', 'x')
    const result = await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- id: h
  run: printf 'one=%s\\nnone=%s\\n' "\${{ hashFiles('**/*.lock') }}" "\${{ hashFiles('nothing') }}" >> "$GITHUB_OUTPUT"`),
    )
    expect(onlyJob(result).steps[1]?.outputs).toEqual({
      one: expect.stringMatching(/^[0-9a-f]{64}$/),
      none: '',
    })
  })

  it('end on cancellation: the step gets SIGINT, cancelled() and always() steps still run, nothing stays', async () => {
    const cancel = new AbortController()
    const run = repository.run(
      oneJob(`
- id: long
  shell: bash
  run: |
    trap 'echo got SIGINT; exit 9' INT
    echo "pid $$"; for i in $(seq 600); do sleep 0.1; done
- run: echo not reached
- if: cancelled()
  run: echo tidied up`),
      {
        signal: cancel.signal,
        show: (line) => {
          repository.lines.push(line)
          if (line.includes('pid '))
            setTimeout(() => {
              cancel.abort()
            }, 50)
        },
      },
    )
    const result = await run
    expect(result.conclusion).toBe('cancelled')
    expect(onlyJob(result).steps.map(({ outcome }) => outcome)).toEqual(['cancelled', 'skipped', 'success'])
    expect(repository.lines).toContain('job │ got SIGINT')
    expect(repository.lines).toContain('job │ tidied up')
    expect(isRunning(Number(/pid (\d+)/.exec(repository.lines.join('\n'))?.[1]))).toBe(false)
  })

  it('leave no workspace and no background process behind', async () => {
    await repository.run(
      oneJob(`
- run: |
    nohup sleep 300 > /dev/null 2>&1 &
    echo "background $!"; echo "in $GITHUB_WORKSPACE"`),
    )
    const shown = repository.lines.join('\n')
    expect(isRunning(Number(/background (\d+)/.exec(shown)?.[1]))).toBe(false)
    const directory = /in .*\/(clickstream-job-[\w-]+)\//.exec(shown)?.[1]
    expect(readdirSync(tmpdir())).not.toContain(directory)
  })

  it('remove the workspace of a run that was killed', async () => {
    const abandoned = await mkdtemp(join(tmpdir(), `clickstream-job-${spawnSync('true').pid}-`))
    await repository.run(oneJob('- run: echo hello'))
    expect(existsSync(abandoned)).toBe(false)
  })

  it('get an OIDC token only with permissions: id-token: write, and end it after the job', async () => {
    const registered: Record<string, string>[] = []
    const ended: string[] = []
    const cloud = {
      origin: 'http://127.0.0.1:1',
      environment: endpointOverrides('http://127.0.0.1:1'),
      registerRun: (claims: Readonly<Record<string, string>>) => {
        registered.push(claims)
        return Promise.resolve({
          requestUrl: 'http://127.0.0.1:1/token?x=1',
          requestToken: 'request-token-value',
          end: () => {
            ended.push(claims.environment ?? '')
            return Promise.resolve()
          },
        })
      },
    }
    await repository.run(
      jobs(`
  without: { runs-on: x, steps: [{ run: 'echo "without [$ACTIONS_ID_TOKEN_REQUEST_URL$ACTIONS_ID_TOKEN_REQUEST_TOKEN] $CLOUDSDK_API_ENDPOINT_OVERRIDES_STS $GHA_ENDPOINT_OVERRIDE_sts $GHA_ENDPOINT_OVERRIDE_iamcredentials"' }] }
  with:
    permissions: { id-token: write }
    environment: prod
    runs-on: x
    steps: [{ run: 'echo "with [$ACTIONS_ID_TOKEN_REQUEST_URL] $ACTIONS_ID_TOKEN_REQUEST_TOKEN"' }]
`),
      { cloud },
    )
    expect(repository.lines).toContain(
      'without │ without [] http://127.0.0.1:1/ http://127.0.0.1:1/v1 http://127.0.0.1:1/v1',
    )
    expect(repository.lines).toContain('with │ with [http://127.0.0.1:1/token?x=1] ***')
    expect(registered).toHaveLength(1)
    expect(registered[0]).toMatchObject({
      repository: 'caec/clickstream',
      repository_id: '111',
      environment: 'prod',
      event_name: 'workflow_dispatch',
      workflow_ref: 'caec/clickstream/workflow.yml@refs/heads/main',
    })
    expect(ended).toEqual(['prod'])
  })
})
