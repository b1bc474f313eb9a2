import { afterEach, describe, expect, it } from '@jest/globals'
import { makeRepository, nodeAction, oneJob, onlyJob, stepNamed } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
afterEach(async () => {
  await repository.remove()
})

const append = (file: string, text: string): string =>
  `require('node:fs').appendFileSync(process.env.${file}, ${JSON.stringify(`${text}\n`)})`
const say = (text: string): string => `console.log(${JSON.stringify(text)})`

describe('actions', () => {
  it("gives inputs by upper-case name with defaults evaluated, and warns of undeclared ones in GitHub's words", async () => {
    repository = await makeRepository(
      nodeAction('echo', {
        inputs:
          '  some-input: { description: a, required: true }\n  other: { description: b, default: "${{ github.repository }}" }\n  empty: { description: c }',
        main: `console.log(JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(([k]) => k.startsWith('INPUT_')).sort())))`,
      }),
    )
    const result = await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- uses: ./actions/echo
  with: { Some-Input: 7, typo input: x }`),
    )
    expect(repository.lines.find((line) => line.includes('INPUT_'))).toContain(
      '{"INPUT_EMPTY":"","INPUT_OTHER":"caec/clickstream","INPUT_SOME-INPUT":"7","INPUT_TYPO_INPUT":"x"}',
    )
    expect(onlyJob(result).annotations).toEqual([
      {
        level: 'warning',
        message: "Unexpected input(s) 'typo input', valid inputs are ['some-input', 'other', 'empty']",
        step: 'Run ./actions/echo',
      },
    ])
  })

  it('runs post stages in reverse order, always, each with the state of its own main stage', async () => {
    const stage = (name: string): Record<string, string> =>
      nodeAction(name, {
        main: `${append('GITHUB_STATE', `mine=${name}-state`)};${say(`main ${name}`)}`,
        post: `console.log('post ${name} ' + process.env.STATE_mine)`,
      })
    repository = await makeRepository({ ...stage('a'), ...stage('b'), ...stage('c') })
    const result = await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- uses: ./actions/a
- uses: ./actions/b
- run: exit 1
- uses: ./actions/c`),
    )
    expect(result.conclusion).toBe('failure')
    expect(repository.lines.filter((line) => /│ (main|post)/.test(line))).toEqual([
      'job │ main a',
      'job │ main b',
      'job │ post b b-state',
      'job │ post a a-state',
    ])
  })

  it('runs pre stages first for OWNER/REPO/path@ref of this repository, and honours post-if', async () => {
    repository = await makeRepository({
      ...nodeAction('p', {
        pre: say('pre p'),
        main: say('main p'),
        post: say('post p'),
        postIf: 'failure()',
      }),
    })
    const result = await repository.run(
      oneJob(`
- run: echo first step
- uses: Caec/Clickstream/actions/p@v1`),
    )
    expect(result.conclusion).toBe('success')
    expect(repository.lines.filter((line) => /│ (pre|main|post|first)/.test(line))).toEqual([
      'job │ pre p',
      'job │ first step',
      'job │ main p',
    ])
    expect(onlyJob(result).steps.at(-1)).toMatchObject({
      name: 'Post Run Caec/Clickstream/actions/p@v1',
      outcome: 'skipped',
    })
  })

  it("fails with GitHub's sentence when a local action is used before checkout", async () => {
    repository = await makeRepository(nodeAction('a', { main: say('x') }))
    const result = await repository.run(oneJob('- uses: ./actions/a'))
    expect(result.conclusion).toBe('failure')
    expect(onlyJob(result).annotations[0]?.message).toMatch(
      /Can't find 'action.yml' under .* Did you forget to run actions\/checkout/,
    )
  })

  it('fails the step when a bundle is missing, exits non-zero, or cannot find a module outside the workspace', async () => {
    repository = await makeRepository({
      ...nodeAction('missing', { main: '' }),
      ...nodeAction('exits', { main: 'process.exitCode = 4' }),
      ...nodeAction('module', { main: `require('typescript')` }),
      'actions/missing/action.yml':
        'name: m\ndescription: m\nruns:\n  using: node24\n  main: ../../dist/none.js\n',
    })
    const result = await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- { id: missing, uses: ./actions/missing, continue-on-error: true }
- { id: exits, uses: ./actions/exits, continue-on-error: true }
- { id: module, uses: ./actions/module, continue-on-error: true }`),
    )
    expect(['missing', 'exits', 'module'].map((id) => stepNamed(result, id).outcome)).toEqual([
      'failure',
      'failure',
      'failure',
    ])
    const messages = onlyJob(result).annotations.map(({ message }) => message)
    expect(messages[0]).toMatch(/^File not found: '.*dist\/none.js'$/)
    expect(messages).toHaveLength(1)
    expect(repository.lines).toContain('job │ Node Action run completed with exit code 4')
    expect(repository.lines.join('\n')).toContain("Cannot find module 'typescript'")
  })

  it('checks out committed and uncommitted files, without ignored ones and without git', async () => {
    repository = await makeRepository({
      '.gitignore': 'ignored/\n*.secret\n',
      'a/committed': '1',
      'ignored/x': '1',
      'key.secret': '1',
    })
    repository.git('init', '-q')
    repository.git('add', '.')
    repository.git('commit', '-qm', 'one')
    await repository.write('new file', '2')
    const result = await repository.run(
      oneJob(`
- id: checkout
  uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
  with: { path: sub, persist-credentials: false }
- run: cd sub; find . -type f | sort | tr '\\n' ' '`),
    )
    expect(result.conclusion).toBe('success')
    expect(repository.lines.find((line) => line.includes('./a/committed'))).toBe(
      'job │ ./.gitignore ./a/committed ./new file ./workflow.yml ',
    )
    expect(stepNamed(result, 'checkout').outputs.commit).toMatch(/^[0-9a-f]{40}$/)
  })

  it('checks out another repository that is known, and says which are when it is not', async () => {
    repository = await makeRepository()
    const other = await makeRepository({ inside: 'other', ...nodeAction('a', { main: say('ran') }) })
    const checkout = (name: string): string =>
      `\n- { id: c, uses: actions/checkout@v5, with: { repository: ${name}, ref: main, path: sub } }\n- run: cat sub/inside\n- uses: acme/other/actions/a@main`
    const known = { repositories: { 'acme/other': other.root } }
    const result = await repository.run(oneJob(checkout('Acme/other')), known)
    expect(result.conclusion).toBe('success')
    expect(repository.lines).toEqual(
      expect.arrayContaining([
        'job │ other',
        'job │ ran',
        'warning: workflow.yml:8: uses: acme/other/actions/a@main can change without notice: pin it to a full commit SHA',
      ]),
    )
    const refused = await repository.run(oneJob(checkout('acme/none')), known)
    expect(onlyJob(refused).annotations[0]?.message).toBe(
      'actions/checkout: no checkout of acme/none is known, only of acme/other, caec/clickstream; name it with --repository acme/none=PATH',
    )
    await other.remove()
  })

  it('warns when a ref of this repository is not what is checked out', async () => {
    repository = await makeRepository()
    const result = await repository.run(
      oneJob(
        '- { uses: actions/checkout@v5, with: { ref: main } }\n- { uses: actions/checkout@v5, with: { ref: "${{ github.sha }}" } }\n- { uses: actions/checkout@v5, with: { ref: v1 } }',
      ),
    )
    expect(onlyJob(result).annotations.map(({ message }) => message)).toEqual([
      `actions/checkout: ref v1 is not what is checked out here (refs/heads/main, ${'0'.repeat(40)}); the working tree is used as it is`,
    ])
  })

  it('honours nested .gitignore files where there is no git', async () => {
    repository = await makeRepository({
      '.gitignore': '/top\n',
      'a/.gitignore': 'inner\n',
      'a/inner': '1',
      'a/kept': '1',
      'b/inner': '1',
      top: '1',
    })
    await repository.run(
      oneJob(`
- uses: actions/checkout@v5
- run: find . -type f | sort | tr '\\n' ' '`),
    )
    expect(repository.lines.find((line) => line.includes('./a/kept'))).toBe(
      'job │ ./.gitignore ./a/.gitignore ./a/kept ./b/inner ./workflow.yml ',
    )
  })
})
