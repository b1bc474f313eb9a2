import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { checkoutInputs, inputMistakes, inputTypes, supportedEvents, supportedKeys, supportedShells, unsupported, unsupportedKeys } from '../../../local/runner/support.ts'
import { readWorkflow } from '../../../local/runner/workflow.ts'
import { identity, makeRepository, nodeAction, oneJob } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository({
    'actions/docker/action.yml': 'name: d\ndescription: d\nruns: { using: docker, image: Dockerfile }\n',
    'actions/composite/action.yml': 'name: c\ndescription: c\nruns: { using: composite, steps: [] }\n',
    'actions/old/action.yml': 'name: o\ndescription: o\nruns: { using: node12, main: x.js }\n',
    ...nodeAction('one', { main: '', inputs: '  wanted: { description: w, required: true }' }),
  })
})
afterEach(async () => { await repository.remove() })

const job = (extra: string): string => oneJob('- run: touch "$HOME/../../started"', extra)
const step = (text: string): string => oneJob(`- run: echo started\n${text}`)

describe('what is not supported stops before the first step, by name, with file and line', () => {
  const cases: { name: string; workflow: string; message: RegExp }[] = [
    { name: 'matrix', workflow: job('strategy: { matrix: { a: [1] } }'), message: /^workflow.yml:5: strategy \(matrix\) is not supported in a job$/ },
    { name: 'containers', workflow: job('container: debian'), message: /^workflow.yml:5: container is not supported in a job$/ },
    { name: 'services', workflow: job('services: { db: { image: x } }'), message: /services \(containers\) is not supported in a job/ },
    { name: 'reusable workflows', workflow: 'on: workflow_dispatch\njobs:\n  job: { uses: ./.github/workflows/x.yml }\n', message: /workflow.yml:3: uses \(reusable workflows\) is not supported in a job/ },
    { name: 'cancel-in-progress', workflow: job('concurrency: { group: g, cancel-in-progress: true }'), message: /concurrency.cancel-in-progress is not supported/ },
    { name: 'actions of others', workflow: step('- uses: other/action@v1'), message: /^workflow.yml:7: uses: other\/action@v1: actions of other repositories are not supported/ },
    { name: 'docker images', workflow: step('- uses: docker://alpine'), message: /docker actions are not supported \(docker:\/\/alpine\)/ },
    { name: 'docker actions', workflow: step('- uses: ./actions/docker'), message: /uses: .\/actions\/docker: docker actions are not supported/ },
    { name: 'composite actions', workflow: step('- uses: ./actions/composite'), message: /composite actions are not supported/ },
    { name: 'old runtimes', workflow: step('- uses: ./actions/old'), message: /node12/ },
    { name: 'missing actions', workflow: step('- uses: ./actions/none'), message: /there is no action.yml in actions\/none/ },
    { name: 'paths out of the repository', workflow: step('- uses: ./../x'), message: /leaves the repository/ },
    { name: 'checkout of something else', workflow: step('- uses: actions/checkout@v5\n  with: { repository: a/b }'), message: /actions\/checkout with repository is not supported/ },
    { name: 'other shells', workflow: step('- { run: x, shell: pwsh }'), message: /^workflow.yml:7: shell: pwsh is not supported; supported: bash, sh, python$/ },
    { name: 'what GitHub itself refuses', workflow: 'on: workflow_dispatch\njobs:\n  job:\n    runs-on: x\n    step: []\n', message: /^workflow.yml:5: Unexpected value 'step'/ },
    { name: 'an expression GitHub refuses', workflow: step('- run: echo ${{ nothing.x }}'), message: /^workflow.yml:7: Unrecognized named-value: 'nothing'/ },
    { name: 'a need nobody has', workflow: `${job('')}  b: { needs: other, runs-on: x, steps: [{ run: x }] }\n`, message: /depends on unknown job 'other'/ },
  ]
  it.each(cases)('$name', async ({ workflow, message }) => {
    const failure = await repository.run(workflow).then(() => new Error('it ran'), (error: Error) => error)
    expect(failure.message).toMatch(message)
    expect(repository.lines).toEqual([])
  })

  it('an event that is not supported or not listed', async () => {
    await expect(repository.run(job(''), { event: 'issues' })).rejects.toThrow(/--event issues is not supported/)
    await expect(repository.run(job(''), { event: 'push' })).rejects.toThrow(/workflow.yml is not started by push/)
  })

  it('a workflow file that is not there', async () => {
    await expect(repository.run('', { file: 'none.yml' })).rejects.toThrow('there is no workflow file none.yml')
  })
})

describe('inputs of a dispatch', () => {
  const workflow = `on: { workflow_dispatch: { inputs: { must: { required: true }, flag: { type: boolean }, n: { type: number }, pick: { type: choice, options: [a, b] } } } }
jobs: { job: { runs-on: x, steps: [{ run: 'true' }] } }
`
  it.each([
    [{}, /Required input 'must' not provided/], [{ must: 'x', more: '1' }, /Unexpected inputs provided: more; workflow.yml declares: must, flag, n, pick/],
    [{ must: 'x', flag: 'maybe' }, /Input 'flag' is 'maybe'; accepted: true, false/], [{ must: 'x', n: 'two' }, /Input 'n' is 'two'; a number is expected/],
    [{ must: 'x', pick: 'c' }, /Input 'pick' is 'c'; accepted: a, b/],
  ])('%j is refused', async (inputs, message) => {
    await expect(repository.run(workflow, { inputs })).rejects.toThrow(message)
  })
})

describe('the check of authors\' mistakes', () => {
  it('says a mistake of YAML in one line, without a drawing of the place', async () => {
    await repository.write('workflow.yml', 'on: workflow_dispatch\n jobs: [\n')
    const failure = await readWorkflow(join(repository.root, 'workflow.yml'), 'workflow.yml').then(() => undefined, (error: Error) => error)
    expect(failure?.name).toBe('WorkflowProblems')
    for (const line of failure!.message.split('\n')) expect(line).toMatch(/^workflow\.yml:\d+: \S/)
    expect(failure?.message).not.toMatch(/\^/)
  })

  it('names undeclared and missing inputs with their line', async () => {
    await repository.write('workflow.yml', step('- uses: ./actions/one\n  with:\n    wnated: 1'))
    const workflow = await readWorkflow(join(repository.root, 'workflow.yml'), 'workflow.yml')
    expect(await inputMistakes({ workflow, repositoryRoot: repository.root, repository: identity.repository })).toEqual([
      { file: 'workflow.yml', line: 9, message: "Unexpected input(s) 'wnated', valid inputs are ['wanted']" },
      { file: 'workflow.yml', line: 7, message: "uses: ./actions/one: required input 'wanted' is missing" },
    ])
  })

  it('finds none in the examples of this repository', async () => {
    const repositoryRoot = resolve(import.meta.dirname, '../../..')
    const file = 'workflows-examples/pipeline.yml'
    const workflow = await readWorkflow(join(repositoryRoot, file), file)
    const check = { workflow, repositoryRoot, repository: identity.repository }
    expect([...await unsupported(check), ...await inputMistakes(check)]).toEqual([])
  })
})

describe('docs/local-runner.md', () => {
  const page = resolve(import.meta.dirname, '../../../docs/local-runner.md')
  it('lists exactly what the code supports and refuses', () => {
    expect(existsSync(page)).toBe(true)
    const text = readFileSync(page, 'utf8')
    const listed = (title: string): string[] => {
      const line = text.split('\n').find((candidate) => candidate.startsWith(`| ${title} |`)) ?? ''
      return [...line.slice(title.length + 3).matchAll(/`([^`]+)`/g)].map((match) => match[1] as string)
    }
    expect(listed('workflow keys')).toEqual([...supportedKeys.workflow])
    expect(listed('job keys')).toEqual([...supportedKeys.job])
    expect(listed('step keys')).toEqual([...supportedKeys.step])
    expect(listed('refused job keys')).toEqual([...unsupportedKeys.job])
    expect(listed('refused step keys')).toEqual([...unsupportedKeys.step])
    expect(listed('events')).toEqual([...supportedEvents])
    expect(listed('shells')).toEqual([...supportedShells])
    expect(listed('inputs of actions/checkout')).toEqual([...checkoutInputs])
    expect(listed('types of dispatch inputs')).toEqual([...inputTypes])
  })
})
