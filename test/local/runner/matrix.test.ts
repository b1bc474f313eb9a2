import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { legName, legsOf } from '../../../local/runner/matrix.ts'
import { readWorkflow } from '../../../local/runner/workflow.ts'
import type { WorkflowResult } from '../../../local/runner/result.ts'
import { makeRepository, stepNamed } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(async () => {
  await repository.remove()
})

/** A job whose legs only tell who they are; nothing runs twice as long for that. */
const legs = (strategy: string, extra = ''): string => `on: workflow_dispatch
jobs:
  build:
    strategy: ${strategy}
    runs-on: x
${extra}
    steps: [{ run: 'true' }]
`
const names = (result: WorkflowResult): string[] => result.jobs.map(({ name }) => name)

describe('a matrix', () => {
  it.each([
    [
      'the cross product, the last vector fastest',
      '{ matrix: { a: [1, 2], b: [x, y] } }',
      ['build (1, x)', 'build (1, y)', 'build (2, x)', 'build (2, y)'],
    ],
    [
      'exclude by a part of the values',
      '{ matrix: { a: [1, 2], b: [x, y], exclude: [{ a: 2, b: X }] } }',
      ['build (1, x)', 'build (1, y)', 'build (2, y)'],
    ],
    [
      'include that extends, not named',
      '{ matrix: { a: [1, 2], include: [{ a: 2, more: 3 }] } }',
      ['build (1)', 'build (2)'],
    ],
    [
      'include that adds a leg',
      '{ matrix: { a: [1], include: [{ a: 9, more: 3 }, { only: z }] } }',
      ['build (1)', 'build (9, 3)'],
    ],
    [
      'include alone',
      '{ matrix: { include: [{ a: 1 }, { a: 2, b: [p, q] }] } }',
      ['build (1)', 'build (2, p, q)'],
    ],
    [
      'an expression for all of it',
      '{ matrix: "${{ fromJSON(\'{\\"n\\":[true,2.5]}\') }}", fail-fast: false, max-parallel: 1 }',
      ['build (true)', 'build (2.5)'],
    ],
  ])('has %s', async (_, strategy, expected) => {
    await repository.write('workflow.yml', legs(strategy))
    const [job] = (
      await readWorkflow({ repository: 'a/b', root: repository.root, ref: '', sha: '' }, 'workflow.yml')
    ).jobs
    const contexts = { github: {}, needs: {}, inputs: {}, vars: {} }
    expect(
      legsOf(job!, { contexts }).legs.map((leg) => legName(job!, leg, { ...contexts, ...leg.contexts })),
    ).toEqual(expected)
  })

  it('appends its values to a plain name and leaves a name with an expression alone', async () => {
    expect(names(await repository.run(legs('{ matrix: { a: [1, 2] } }', '    name: Plain')))).toEqual([
      'Plain (1)',
      'Plain (2)',
    ])
    expect(
      names(await repository.run(legs('{ matrix: { a: [1, 2] } }', '    name: "For ${{ matrix.a }}"'))),
    ).toEqual(['For 1', 'For 2'])
  })

  it('gives each leg its contexts, and the run one result with the last output that was set', async () => {
    const result = await repository.run(`on: workflow_dispatch
jobs:
  list:
    runs-on: x
    outputs: { days: '\${{ steps.d.outputs.days }}' }
    steps: [{ id: d, run: 'echo days=[1,2,3] >> "$GITHUB_OUTPUT"' }]
  each:
    needs: list
    strategy: { fail-fast: false, matrix: { day: '\${{ fromJSON(needs.list.outputs.days) }}', kind: [{ name: a }] } }
    runs-on: x
    env: { DAY: '\${{ matrix.day }}' }
    outputs: { all: '\${{ steps.s.outputs.all }}', second: '\${{ steps.s.outputs.second }}' }
    steps:
      - id: s
        run: |
          echo "$DAY \${{ matrix.kind.name }} \${{ strategy.job-index }} of \${{ strategy.job-total }} \${{ strategy.fail-fast }}"
          echo "all=$DAY" >> "$GITHUB_OUTPUT"; if [ "$DAY" = 2 ]; then echo second=yes >> "$GITHUB_OUTPUT"; fi
  after:
    needs: each
    runs-on: x
    steps: [{ id: after, run: 'echo "result=\${{ needs.each.result }} \${{ needs.each.outputs.all }} \${{ needs.each.outputs.second }}" >> "$GITHUB_OUTPUT"' }]
`)
    expect(result.conclusion).toBe('success')
    expect(repository.lines).toContain('each (2, a) │ 2 a 1 of 3 false')
    expect(stepNamed({ ...result, jobs: result.jobs.slice(-1) }, 'after').outputs).toEqual({
      result: 'success 3 yes',
    })
    expect(new Set(result.jobs.slice(1, 4).map(({ steps }) => steps[0]?.log)).size).toBe(3)
  })

  it('stops at the first failing leg unless fail-fast is false, and a forgiven leg fails nothing', async () => {
    const failing = (strategy: string, extra = ''): string => `on: workflow_dispatch
jobs:
  build: { strategy: ${strategy}, ${extra} runs-on: x, steps: [{ run: 'test "\${{ matrix.a }}" != 1' }] }
  next: { needs: build, runs-on: x, steps: [{ run: 'true' }] }
`
    const results = async (text: string): Promise<string[]> =>
      (await repository.run(text)).jobs.map(({ result }) => result)
    expect(await results(failing('{ matrix: { a: [1, 2] } }'))).toEqual(['failure', 'cancelled', 'skipped'])
    expect(await results(failing('{ fail-fast: false, matrix: { a: [1, 2] } }'))).toEqual([
      'failure',
      'success',
      'skipped',
    ])
    expect(
      await results(failing('{ matrix: { a: [1, 2] } }', 'continue-on-error: "${{ matrix.a == 1 }}",')),
    ).toEqual(['success', 'success', 'success'])
  })

  it.each([
    [
      'an empty vector',
      '{ matrix: { a: "${{ fromJSON(\'[]\') }}" } }',
      "Matrix vector 'a' does not contain any values",
    ],
    ['nothing in it', '{ matrix: {} }', 'Matrix must define at least one vector'],
    [
      'an exclude of nothing',
      '{ matrix: { a: [1], exclude: [{ b: 1 }] } }',
      "Matrix exclude key 'b' does not match any key within the matrix",
    ],
    [
      'a text where a list is needed',
      '{ matrix: { a: "${{ github.ref }}" } }',
      "strategy.matrix.a: a sequence is expected, not 'refs/heads/main'",
    ],
    [
      'too many legs',
      "{ matrix: { a: \"${{ fromJSON(format('[0{0}{0}{0}{0}]', ',1,2,3,4,5,6,7,8')) }}\", b: [1, 2, 3, 4, 5, 6, 7, 8] } }",
      'the matrix has 264 combinations; GitHub allows 256',
    ],
    [
      'no truth in fail-fast',
      '{ fail-fast: "${{ github.ref }}", matrix: { a: [1] } }',
      "strategy.fail-fast: Unexpected value 'refs/heads/main'; write true or false",
    ],
  ])('with %s fails its job by name and line', async (_, strategy, message) => {
    const result = await repository.run(legs(strategy))
    expect(result.jobs.map((job) => [job.result, job.annotations[0]?.message])).toEqual([
      [
        'failure',
        `The template is not valid. workflow.yml (Line: 3): Error when evaluating 'strategy' for job 'build' (Line: 4): ${message}`,
      ],
    ])
  })

  it('is cancelled with the run: the leg at work ends, the others never begin', async () => {
    const cancel = new AbortController()
    const result = await repository.run(
      `on: workflow_dispatch
jobs:
  build: { strategy: { fail-fast: false, matrix: { a: [1, 2] } }, runs-on: x, steps: [{ run: 'echo now; exec sleep 60' }] }
  tidy: { needs: build, if: always(), strategy: { matrix: { a: [1, 2] } }, runs-on: x, steps: [{ if: always(), run: echo tidied }] }
`,
      {
        signal: cancel.signal,
        show: (line) => {
          repository.lines.push(line)
          if (line.endsWith('│ now')) cancel.abort()
        },
      },
    )
    expect(result.conclusion).toBe('cancelled')
    expect(result.jobs.slice(0, 2).map((job) => [job.result, job.steps.length])).toEqual([
      ['cancelled', 1],
      ['cancelled', 0],
    ])
    expect(repository.lines).toEqual(expect.arrayContaining(['tidy (1) │ tidied', 'tidy (2) │ tidied']))
  })
})
