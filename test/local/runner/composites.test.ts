import { afterEach, describe, expect, it } from '@jest/globals'
import { isRunning, makeRepository, nodeAction, oneJob, onlyJob, stepNamed } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
afterEach(async () => {
  await repository.remove()
})

const composite = (name: string, body: string): Record<string, string> => ({
  [`actions/${name}/action.yml`]: `name: ${name}\ndescription: test\n${body}`,
})
const shown = (): string => repository.lines.join('\n')

describe('composite actions', () => {
  it('have inputs, outputs and steps of their own, and see neither secrets nor the steps of the job', async () => {
    repository = await makeRepository(
      composite(
        'greet',
        `
inputs:
  Who: { required: true }
  mark: { default: "\${{ github.repository }}" }
outputs:
  text: { value: "\${{ steps.make.outputs.text }}" }
  status: { value: "\${{ steps.make.outcome }}/\${{ job.status }}" }
runs:
  using: composite
  steps:
    - id: make
      shell: bash
      env: { OWN: "\${{ inputs.who }}" }
      run: |
        echo "text=hello $OWN from \${{ inputs.mark }}" >> "$GITHUB_OUTPUT"
        echo "given [$INPUT_WHO] outer [\${{ steps.before.outputs.x }}] $FROM_STEP $FROM_JOB \${{ env.FROM_STEP }} in \${{ github.action }}"
        test -f "$GITHUB_ACTION_PATH/action.yml" && test "$GITHUB_ACTION_PATH" = '\${{ github.action_path }}'
`,
      ),
    )
    const result = await repository.run(
      oneJob(
        `
- { id: before, run: 'echo x=1 >> "$GITHUB_OUTPUT"' }
- { id: greet, uses: $/actions/greet, with: { who: you, more: x }, env: { FROM_STEP: s } }`,
        'env: { FROM_JOB: j }',
      ),
    )
    expect(result.conclusion).toBe('success')
    expect(stepNamed(result, 'greet').outputs).toEqual({
      text: 'hello you from caec/clickstream',
      status: 'success/success',
    })
    expect(shown()).toContain('given [] outer [] s j s in make')
    expect(onlyJob(result).steps).toHaveLength(2)
    expect(onlyJob(result).annotations.map(({ message }) => message)).toEqual([
      "Unexpected input(s) 'more', valid inputs are ['Who', 'mark']",
    ])
  })

  it('judge conditions by their own steps, forgive with continue-on-error, and fail the step that uses them', async () => {
    repository = await makeRepository(
      composite(
        'fails',
        `
outputs: { seen: { value: "\${{ steps.last.outputs.seen }}" } }
runs:
  using: composite
  steps:
    - { id: forgiven, shell: sh, run: exit 7, continue-on-error: true }
    - { shell: sh, run: 'echo "on after \${{ steps.forgiven.outcome }}/\${{ steps.forgiven.conclusion }}"' }
    - { shell: sh, run: exit 3 }
    - { shell: sh, run: echo never }
    - { if: failure(), shell: sh, run: echo repaired }
    - { id: last, if: always(), shell: sh, run: 'echo seen=yes >> "$GITHUB_OUTPUT"' }
`,
      ),
    )
    const result = await repository.run(
      oneJob(`
- { run: exit 1, continue-on-error: true }
- { id: fails, uses: $/actions/fails, continue-on-error: true }
- { id: next, if: "steps.fails.outcome == 'failure'", run: 'echo "job goes on: \${{ steps.fails.conclusion }} \${{ steps.fails.outputs.seen }}"' }
- { id: again, uses: $/actions/fails }`),
    )
    expect(result.conclusion).toBe('failure')
    expect(shown()).toContain('on after failure/success')
    expect(shown()).toContain('job goes on: success yes')
    expect(shown()).toContain('repaired')
    expect(shown()).not.toContain('│ never')
    expect(stepNamed(result, 'again')).toMatchObject({ outcome: 'failure', conclusion: 'failure' })
    expect(onlyJob(result).annotations.map(({ message }) => message)).toContain(
      'Process completed with exit code 3.',
    )
  })

  it('ask about themselves: an earlier failure of the job does not skip their steps', async () => {
    repository = await makeRepository(
      composite('tidy', 'runs: { using: composite, steps: [{ shell: sh, run: echo tidied }] }\n'),
    )
    const result = await repository.run(
      oneJob('- run: exit 1\n- { id: tidy, if: always(), uses: $/actions/tidy }'),
    )
    expect(stepNamed(result, 'tidy').outcome).toBe('success')
    expect(shown()).toContain('job │ tidied')
  })

  it('nest, hand on env, use working-directory, and let JavaScript actions tidy up at the end of the job in reverse', async () => {
    const tidying = (name: string): Record<string, string> =>
      nodeAction(name, {
        main: `require('node:fs').appendFileSync(process.env.GITHUB_STATE, 'who=' + process.env.INPUT_WHO + '\\n'); console.log('main ' + process.env.INPUT_WHO)`,
        inputs: '  who: { default: nobody }',
        post: `console.log('post ' + process.env.STATE_who + ' ' + process.env.OUTER)`,
      })
    repository = await makeRepository({
      ...tidying('leaf'),
      ...composite(
        'outer',
        `
inputs: { who: {} }
runs:
  using: composite
  steps:
    - { uses: ./actions/inner, with: { who: "\${{ inputs.who }}-1" } }
    - { uses: $/actions/inner, with: { who: "\${{ inputs.who }}-2" }, env: { INNER: i } }
`,
      ),
      ...composite(
        'inner',
        `
inputs: { who: {} }
runs:
  using: composite
  steps:
    - { uses: $/actions/leaf, with: { who: "\${{ inputs.who }}" } }
    - { shell: bash, working-directory: actions/inner, run: 'ls | tr "\\n" " "; echo "$OUTER [$INNER]"' }
`,
      ),
    })
    const result = await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- { uses: ./actions/outer, with: { who: a }, env: { OUTER: o } }
- { uses: ./actions/leaf, with: { who: b } }
- run: echo last step`),
    )
    expect(result.conclusion).toBe('success')
    expect(
      repository.lines.flatMap((line) => /│ ((?:main|post|last|action).*)/.exec(line)?.[1] ?? []),
    ).toEqual([
      'main a-1',
      'action.yml o []',
      'main a-2',
      'action.yml o [i]',
      'main b',
      'last step',
      'post b undefined',
      'post a-2 o',
      'post a-1 o',
    ])
    expect(
      onlyJob(result)
        .steps.map(({ name }) => name)
        .slice(-3),
    ).toEqual(['Post Run ./actions/leaf', 'Post Run $/actions/leaf', 'Post Run $/actions/leaf'])
  })

  it('end with the time of the step that uses them', async () => {
    repository = await makeRepository(
      composite(
        'slow',
        'runs: { using: composite, steps: [{ shell: bash, run: "echo pid $$; exec sleep 300" }, { if: always(), shell: sh, run: echo never }] }\n',
      ),
    )
    const result = await repository.run(oneJob('- { id: slow, uses: $/actions/slow, timeout-minutes: 0.01 }'))
    expect(stepNamed(result, 'slow').outcome).toBe('failure')
    expect(onlyJob(result).annotations.map(({ message }) => message)).toEqual([
      "The action 'Run $/actions/slow' has timed out after 0.01 minutes.",
    ])
    expect(isRunning(Number(/pid (\d+)/.exec(shown())?.[1]))).toBe(false)
    expect(shown()).not.toContain('│ never')
  })

  it('are cancelled with the job, where their always() steps and post stages still run', async () => {
    const cancel = new AbortController()
    repository = await makeRepository({
      ...nodeAction('leaf', { main: '', post: `console.log('post ran')` }),
      ...composite(
        'long',
        'runs: { using: composite, steps: [{ uses: $/actions/leaf }, { shell: bash, run: "echo now; exec sleep 60" }, { shell: sh, run: echo never }, { if: always(), shell: sh, run: echo tidied }] }\n',
      ),
    })
    const result = await repository.run(oneJob('- { id: long, uses: $/actions/long }'), {
      signal: cancel.signal,
      show: (line) => {
        repository.lines.push(line)
        if (line.endsWith('│ now')) cancel.abort()
      },
    })
    expect(result.conclusion).toBe('cancelled')
    expect(stepNamed(result, 'long').outcome).toBe('cancelled')
    expect(shown()).toContain('│ tidied')
    expect(shown()).toContain('│ post ran')
    expect(shown()).not.toContain('│ never')
  })

  it.each(['secrets.k', 'needs.a', 'vars.V'])(
    'cannot name %s, which is said before the first step',
    async (name) => {
      repository = await makeRepository(
        composite(
          'peeks',
          `runs: { using: composite, steps: [{ shell: sh, run: "echo \${{ ${name} }}" }] }\n`,
        ),
      )
      await expect(repository.run(oneJob('- uses: $/actions/peeks'))).rejects.toThrow(
        `workflow.yml:6: uses: $/actions/peeks: action.yml:3: Unrecognized named-value: '${name.split('.')[0]}'`,
      )
    },
  )

  it('that use themselves are refused before the first step', async () => {
    repository = await makeRepository(
      composite('round', 'runs: { using: composite, steps: [{ uses: $/actions/round }] }\n'),
    )
    await expect(repository.run(oneJob('- uses: $/actions/round'))).rejects.toThrow(
      'actions/round/action.yml:3: uses: $/actions/round: Composite action depth exceeded max depth 10',
    )
  })

  it('cannot hold an action with a pre stage, which is said before the first step', async () => {
    repository = await makeRepository({
      ...nodeAction('p', { pre: '', main: '' }),
      ...composite('holds', 'runs: { using: composite, steps: [{ uses: $/actions/p }] }\n'),
    })
    repository.git('init', '-q')
    await repository.write(
      'actions/p/action.yml',
      'name: p\ndescription: p\nruns: { using: node24, main: main.js, pre: main.js }\n',
    )
    await expect(repository.run(oneJob('- uses: $/actions/holds'))).rejects.toThrow(
      'actions/holds/action.yml:3: uses: $/actions/p: an action with a pre stage is not supported inside a composite action; use it in the job itself',
    )
  })
})
