import { relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { makeRepository, nodeAction } from './repository.ts'
import type { Repository } from './repository.ts'

const sha = 'b'.repeat(40)
let caller: Repository
let platform: Repository
beforeEach(async () => {
  ;[caller, platform] = await Promise.all([makeRepository(), makeRepository()])
})
afterEach(async () => {
  await Promise.all([caller.remove(), platform.remove()])
})

const job = (text: string, before = ''): string => `on: workflow_dispatch\n${before}jobs:\n  call:\n${text}\n`
const called = (on: string, jobs: string, before = ''): string =>
  `on:\n  workflow_call:\n${on}\n${before}jobs:\n${jobs}\n`
const others = (): { repositories: Record<string, string> } => ({
  repositories: { 'acme/platform': platform.root },
})
const shown = (): string => caller.lines.join('\n')

describe('a called workflow', () => {
  it("gets typed inputs and secrets, hands back outputs, and does not see the caller's env", async () => {
    await caller.write(
      '.github/workflows/inner.yml',
      called(
        `
    inputs:
      word: { type: string, required: true }
      flag: { type: boolean }
      count: { type: number, default: 3 }
      place: { type: string, default: "\${{ github.repository }}" }
    secrets: { key: { required: true }, other: {} }
    outputs: { answer: { value: "\${{ jobs.one.outputs.answer }}" }, none: { value: "\${{ jobs.one.outputs.none }}" } }`,
        `
  one:
    runs-on: x
    env: { KEY: '\${{ secrets.key }}' }
    outputs: { answer: '\${{ steps.s.outputs.answer }}' }
    steps:
      - id: s
        run: |
          echo "got \${{ inputs.word }} \${{ inputs.flag == false }} \${{ inputs.count == 3 }} \${{ inputs.place }} [$FROM_CALLER] \${{ secrets.outside }}|"
          echo "\${#KEY} characters, $KEY"; echo 'answer=42' >> "$GITHUB_OUTPUT"`,
      ),
    )
    const result = await caller.run(
      `on: workflow_dispatch
env: { FROM_CALLER: leaks }
jobs:
  first: { runs-on: x, outputs: { w: hello }, steps: [{ run: 'true' }] }
  call:
    name: The call
    needs: first
    uses: ./.github/workflows/inner.yml
    with: { word: "\${{ needs.first.outputs.w }}", flag: false }
    secrets: { key: "\${{ secrets.outside }}" }
  after: { needs: call, runs-on: x, steps: [{ run: 'echo "after \${{ needs.call.result }} \${{ needs.call.outputs.answer }} \${{ toJSON(needs.call.outputs) }}"' }] }
`,
      { secrets: { outside: 'hush-hush' } },
    )
    expect(result.conclusion).toBe('success')
    expect(result.jobs.map(({ id, name }) => [id, name])).toEqual([
      ['first', 'first'],
      ['call', 'The call'],
      ['call/one', 'The call / one'],
      ['after', 'after'],
    ])
    expect(shown()).toContain('call/one │ got hello true true caec/clickstream [] |')
    expect(shown()).toContain('call/one │ 9 characters, ***')
    expect(shown()).toContain('after │ after success 42')
    expect(result.jobs[1]?.outputs).toEqual({ answer: '42' })
  })

  it('inherits secrets down through nested calls, each with its own if, needs, matrix and default inputs', async () => {
    await caller.write(
      '.github/workflows/inner.yml',
      called(
        '    inputs: { n: { type: number, required: true } }',
        `
  skipped: { if: inputs.n == 1, runs-on: x, steps: [{ run: 'true' }] }
  deep: { uses: $/.github/workflows/deepest.yml, secrets: inherit }`,
      ),
    )
    await caller.write(
      '.github/workflows/deepest.yml',
      'on: workflow_call\njobs: { end: { runs-on: x, steps: [{ run: \'test "${{ secrets.k }}" = hush-hush && echo "deep ${{ inputs.n }}|"\' }] } }\n',
    )
    const result = await caller.run(
      `on: workflow_dispatch
jobs:
  call: { strategy: { matrix: { n: [1, 2] } }, uses: ./.github/workflows/inner.yml, with: { n: '\${{ matrix.n }}' }, secrets: inherit }
  none: { if: github.ref == 'x', uses: ./.github/workflows/deepest.yml }
  last: { needs: [call, none], if: always(), runs-on: x, steps: [{ run: 'echo "\${{ needs.call.result }} \${{ needs.none.result }}"' }] }
`,
      { secrets: { k: 'hush-hush' } },
    )
    expect(result.jobs.map(({ name, result: end }) => [name, end])).toEqual([
      ['call (1)', 'success'],
      ['call (1) / skipped', 'success'],
      ['call (1) / deep', 'success'],
      ['call (1) / deep / end', 'success'],
      ['call (2)', 'success'],
      ['call (2) / skipped', 'skipped'],
      ['call (2) / deep', 'success'],
      ['call (2) / deep / end', 'success'],
      ['none', 'skipped'],
      ['last', 'success'],
    ])
    expect(shown()).toContain('last │ success skipped')
    expect(shown()).toContain('call (2)/deep/end │ deep |')
    expect(
      result.jobs.flatMap(({ steps }) => steps.map(({ log }) => relative(result.directory, log ?? ''))),
    ).toEqual([
      'call.1/skipped/01-run-true.log',
      'call.1/deep/end/01-run-test-echo-deep.log',
      'call.2/deep/end/01-run-test-echo-deep.log',
      'last/01-run-echo-success-skipped.log',
    ])
  })

  it('fails its caller when a job fails, whose other jobs are then skipped', async () => {
    await caller.write(
      '.github/workflows/inner.yml',
      'on: workflow_call\njobs:\n  a: { runs-on: x, steps: [{ run: exit 1 }] }\n  b: { needs: a, runs-on: x, steps: [{ run: x }] }\n',
    )
    const result = await caller.run(
      `${job('    uses: ./.github/workflows/inner.yml')}  next: { needs: call, runs-on: x, steps: [{ run: x }] }\n`,
    )
    expect(result.jobs.map(({ id, result: end }) => [id, end])).toEqual([
      ['call', 'failure'],
      ['call/a', 'failure'],
      ['call/b', 'skipped'],
      ['next', 'skipped'],
    ])
    expect(result.conclusion).toBe('failure')
  })

  it('is cancelled with the run', async () => {
    const cancel = new AbortController()
    await caller.write(
      '.github/workflows/inner.yml',
      'on: workflow_call\njobs:\n  a: { runs-on: x, steps: [{ run: echo now; exec sleep 60 }] }\n  b: { needs: a, runs-on: x, steps: [{ run: x }] }\n',
    )
    const result = await caller.run(job('    uses: ./.github/workflows/inner.yml'), {
      signal: cancel.signal,
      show: (line) => {
        if (line.endsWith('│ now')) cancel.abort()
      },
    })
    expect(result.jobs.map(({ id, result: end }) => [id, end])).toEqual([
      ['call', 'cancelled'],
      ['call/a', 'cancelled'],
      ['call/b', 'cancelled'],
    ])
    expect(result.conclusion).toBe('cancelled')
  })

  it('fails on an input whose value turns out to be of another type', async () => {
    await caller.write(
      '.github/workflows/inner.yml',
      called('    inputs: { flag: { type: boolean } }', '  a: { runs-on: x, steps: [{ run: x }] }'),
    )
    const result = await caller.run(
      job('    uses: ./.github/workflows/inner.yml\n    with: { flag: "${{ github.ref }}" }'),
    )
    expect(result.jobs.map(({ result: end, annotations }) => [end, annotations[0]?.message])).toEqual([
      [
        'failure',
        "The template is not valid. workflow.yml (Line: 3): Unexpected value 'refs/heads/main': input 'flag' is a boolean; write true or false, or ${{ fromJSON(…) }} of a text",
      ],
    ])
  })
})

describe('a workflow of another repository', () => {
  const say = (word: string): Record<string, string> =>
    nodeAction('who', {
      main: `console.log('this is the ${word}, action ' + process.env.GITHUB_ACTION_REPOSITORY + '@' + process.env.GITHUB_ACTION_REF)`,
    })
  const composite =
    'name: c\ndescription: c\nruns:\n  using: composite\n  steps:\n    - uses: $/actions/who\n    - uses: ./actions/who\n'

  it("finds $/ in its own repository and ./ in the caller's checkout, also inside composite actions", async () => {
    for (const [path, text] of Object.entries({ ...say('caller'), 'actions/both/action.yml': composite }))
      await caller.write(path, text)
    for (const [path, text] of Object.entries({ ...say('platform'), 'actions/both/action.yml': composite }))
      await platform.write(path, text)
    await platform.write(
      '.github/workflows/inner.yml',
      `on: workflow_call
jobs:
  a:
    runs-on: x
    steps:
      - uses: $/actions/who
      - uses: actions/checkout@v5
      - uses: ./actions/who
      - uses: $/actions/both
      - uses: ./actions/both
      - uses: Acme/Platform/actions/who@${sha}
      - uses: actions/checkout@v5
        with: { repository: '\${{ job.workflow_repository }}', ref: '\${{ job.workflow_sha }}', path: .platform }
      - uses: ./.platform/actions/who
      - uses: ./.platform/actions/both
`,
    )
    const result = await caller.run(
      job(`    uses: acme/platform/.github/workflows/inner.yml@${sha}`),
      others(),
    )
    expect(result.conclusion).toBe('success')
    const [ofCaller, ofPlatform] = [
      `this is the caller, action caec/clickstream@${'0'.repeat(40)}`,
      `this is the platform, action acme/platform@${sha}`,
    ]
    const [local, localPlatform] = [
      'this is the caller, action undefined@undefined',
      'this is the platform, action undefined@undefined',
    ]
    expect(caller.lines.flatMap((line) => /│ (this is .*)/.exec(line)?.[1] ?? [])).toEqual([
      ofPlatform,
      local, // the file's own steps
      ofPlatform,
      local, // its composite: $/ beside it, ./ in the workspace
      ofCaller,
      local, // the caller's composite
      ofPlatform,
      localPlatform, // by name, and after checking it out
      ofPlatform,
      local, // a composite of that checkout
    ])
    expect(caller.lines.filter((line) => line.startsWith('warning'))).toEqual([])
  })

  it('says who called and who is called: github.* of the caller, job.* and the claims of the file', async () => {
    const claims: Readonly<Record<string, string>>[] = []
    const cloud = {
      origin: 'http://127.0.0.1:1',
      environment: {},
      registerRun: (given: Readonly<Record<string, string>>) => {
        claims.push(given)
        return Promise.resolve({ requestUrl: 'u', requestToken: 'token-value', end: () => Promise.resolve() })
      },
    }
    await platform.write(
      '.github/workflows/inner.yml',
      `on: workflow_call
permissions: { id-token: write }
jobs:
  a:
    runs-on: x
    steps: [{ run: 'echo "is \${{ github.repository }} \${{ github.workflow_ref }} $GITHUB_WORKFLOW_REF \${{ github.workflow }} \${{ github.job }} / \${{ job.workflow_repository }} \${{ job.workflow_ref }} \${{ job.workflow_sha }} \${{ job.workflow_file_path }}"' }]
`,
    )
    await caller.run(
      job(`    permissions: { id-token: write }\n    uses: acme/platform/.github/workflows/inner.yml@${sha}`),
      { ...others(), cloud },
    )
    const callerRef = 'caec/clickstream/workflow.yml@refs/heads/main'
    const calledRef = `acme/platform/.github/workflows/inner.yml@${sha}`
    expect(shown()).toContain(
      `is caec/clickstream ${callerRef} ${callerRef} workflow.yml a / acme/platform ${calledRef} ${sha} .github/workflows/inner.yml`,
    )
    expect(claims).toMatchObject([
      {
        repository: 'caec/clickstream',
        workflow_ref: callerRef,
        job_workflow_ref: calledRef,
        job_workflow_sha: sha,
      },
    ])
  })

  it('is warned about when the ref can move, and its tag is written out', async () => {
    platform.git('init', '-q')
    await platform.write(
      '.github/workflows/inner.yml',
      'on: workflow_call\njobs: { a: { runs-on: x, steps: [{ run: \'echo "ref ${{ job.workflow_ref }}"\' }] } }\n',
    )
    platform.git('add', '.')
    platform.git('commit', '-qm', 'one')
    platform.git('tag', 'v1')
    await caller.run(job('    uses: acme/platform/.github/workflows/inner.yml@v1'), others())
    expect(caller.lines[0]).toBe(
      'warning: workflow.yml:4: uses: acme/platform/.github/workflows/inner.yml@v1 can change without notice: pin it to a full commit SHA',
    )
    expect(shown()).toContain('ref acme/platform/.github/workflows/inner.yml@refs/tags/v1')
  })
})

describe('a call GitHub refuses is refused before the first step, with file, line and what to write', () => {
  const path = './.github/workflows/inner.yml'
  const one = '  a: { runs-on: x, steps: [{ run: x }] }'
  const ref = 'caec/clickstream/.github/workflows/inner.yml@refs/heads/main'
  it.each<[string, string, string, string]>([
    [
      'an unknown input',
      called('    inputs: { known: { type: string } }', one),
      `    uses: ${path}\n    with: { other: 1 }`,
      'workflow.yml:5: Invalid input, other is not defined in the referenced workflow. .github/workflows/inner.yml declares the inputs: known',
    ],
    [
      'a missing input',
      called('    inputs: { must: { type: string, required: true } }', one),
      `    uses: ${path}`,
      'workflow.yml:4: Input must is required, but not provided while calling. Write with: { must: … }',
    ],
    [
      'a literal of another type',
      called('    inputs: { n: { type: number } }', one),
      `    uses: ${path}\n    with: { n: many }`,
      "workflow.yml:5: Unexpected value 'many': input 'n' is a number; write a number, or ${{ fromJSON(…) }} of a text",
    ],
    [
      'a missing secret',
      called('    secrets: { key: { required: true } }', one),
      `    uses: ${path}`,
      'workflow.yml:4: Secret key is required, but not provided while calling. Write secrets: { key: … } or secrets: inherit',
    ],
    [
      'an unknown secret',
      called('    secrets: { key: {} }', one),
      `    uses: ${path}\n    secrets: { other: x }`,
      'workflow.yml:5: Invalid secret, other is not defined in the referenced workflow. .github/workflows/inner.yml declares the secrets: key',
    ],
    [
      'a token the caller does not grant',
      called(
        '',
        '  a: { permissions: { contents: read, id-token: write }, runs-on: x, steps: [{ run: x }] }',
      ),
      `    uses: ${path}`,
      `workflow.yml:3: Error calling workflow '${ref}'. The nested job 'a' is requesting 'id-token: write', but is only allowed 'id-token: none'. ` +
        "Write permissions: { contents: read, packages: read, id-token: write } in the job 'call'",
    ],
    [
      'a file that asks for more than the calling job',
      called('', one, 'permissions: { contents: write, checks: read }\n'),
      `    permissions: { contents: read }\n    uses: ${path}`,
      `workflow.yml:3: Error calling workflow '${ref}'. The workflow is requesting 'contents: write, checks: read', but is only allowed 'contents: read, checks: none'. ` +
        "Write permissions: { contents: write, checks: read } in the job 'call'",
    ],
    [
      'a workflow not made to be called',
      'on: push\njobs: { a: { runs-on: x, steps: [{ run: x }] } }\n',
      `    uses: ${path}`,
      `workflow.yml:4: uses: ${path}: workflow_call key is not defined in the referenced workflow (${ref}); write on: workflow_call there`,
    ],
    [
      'a circle',
      called('', '  a: { uses: $/.github/workflows/inner.yml }'),
      `    uses: ${path}`,
      `.github/workflows/inner.yml:5: job 'a' calls ${ref}, which is already being called: loops in the workflow tree are not permitted`,
    ],
    [
      'what the called file itself cannot do',
      called('', '  a: { runs-on: x, container: debian, steps: [{ run: x }] }'),
      `    uses: ${path}`,
      '.github/workflows/inner.yml:5: container is not supported in a job; leave the job out with --without-job call/a',
    ],
  ])('%s', async (_, inner, call, message) => {
    await caller.write('.github/workflows/inner.yml', inner)
    await expect(caller.run(job(call))).rejects.toThrow(new Error(message))
    expect(caller.lines).toEqual([])
  })

  it('more than nine levels below the first file', async () => {
    for (let level = 1; level <= 10; level++)
      await caller.write(
        `.github/workflows/l${level}.yml`,
        `on: workflow_call\njobs: { a: ${level < 10 ? `{ uses: ./.github/workflows/l${level + 1}.yml }` : '{ runs-on: x, steps: [{ run: x }] }'} }\n`,
      )
    await expect(caller.run(job('    uses: ./.github/workflows/l1.yml'))).rejects.toThrow(
      '.github/workflows/l9.yml:2: Nested reusable workflow depth exceeded 9.',
    )
  })
})

describe('--without-job', () => {
  it('leaves a job out, also inside a called workflow, with what it uses, and says so', async () => {
    await caller.write(
      '.github/workflows/inner.yml',
      called(
        '',
        '  image: { runs-on: x, steps: [{ uses: docker/build-push-action@v6 }] }\n  rest: { runs-on: x, steps: [{ run: echo here }] }',
      ),
    )
    const workflow = `${job('    uses: ./.github/workflows/inner.yml')}  outer: { runs-on: x, steps: [{ uses: other/action@v1 }] }\n  after: { needs: outer, runs-on: x, steps: [{ run: x }] }\n`
    await expect(caller.run(workflow, { withoutJobs: ['outer'] })).rejects.toThrow(
      /^.github\/workflows\/inner.yml:5: uses: docker\/build-push-action@v6: .*--without-job/,
    )
    const result = await caller.run(workflow, { withoutJobs: ['outer', 'call/image'] })
    expect(result.jobs.map(({ id, result: end }) => [id, end])).toEqual([
      ['call', 'success'],
      ['call/image', 'skipped'],
      ['call/rest', 'success'],
      ['outer', 'skipped'],
      ['after', 'skipped'],
    ])
    expect(caller.lines).toEqual(
      expect.arrayContaining([
        'call/image │ skipped: --without-job call/image',
        'outer │ skipped: --without-job outer',
      ]),
    )
  })

  it('knows the jobs there are', async () => {
    await expect(
      caller.run(job('    { runs-on: x, steps: [{ run: x }] }'), { withoutJobs: ['image'] }),
    ).rejects.toThrow('--without-job image: there is no such job; jobs: call')
  })
})
