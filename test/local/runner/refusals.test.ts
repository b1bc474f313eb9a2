import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { clientVariables } from '../../../local/cloud/endpoint-variables.ts'
import { builtinInputs } from '../../../local/runner/builtin-actions.ts'
import { loadWorkflow } from '../../../local/runner/called-workflows.ts'
import { inputMistakes } from '../../../local/runner/check-uses.ts'
import { checkWorkflow } from '../../../local/runner/check-workflow.ts'
import type { Check } from '../../../local/runner/check.ts'
import { knownRepositories } from '../../../local/runner/source.ts'
import {
  inputTypes,
  supportedEvents,
  supportedKeys,
  supportedShells,
  unsupportedKeys,
} from '../../../local/runner/support.ts'
import { readWorkflow } from '../../../local/runner/workflow.ts'
import { headOf } from '../../../local/runner/workspace.ts'
import { startTestCloud } from '../../support/cloud.ts'
import { hasProgram } from '../../support/shop.ts'
import { identity, makeRepository, nodeAction, oneJob } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository({
    'actions/docker/action.yml': 'name: d\ndescription: d\nruns: { using: docker, image: Dockerfile }\n',
    'actions/composite/action.yml':
      'name: c\ndescription: c\nruns:\n  using: composite\n  steps:\n    - { run: echo hi, shell: bash }\n    - uses: other/action@v1\n',
    'actions/shell-less/action.yml':
      'name: c\ndescription: c\nruns:\n  using: composite\n  steps:\n    - run: echo hi\n',
    'actions/old/action.yml': 'name: o\ndescription: o\nruns: { using: node12, main: x.js }\n',
    ...nodeAction('one', { main: '', inputs: '  wanted: { description: w, required: true }' }),
  })
})
afterEach(async () => {
  await repository.remove()
})

const ownSource = async (root: string): Promise<Check['repositories']['own']> =>
  (await checkOf(root)).repositories.own
const checkOf = async (root: string): Promise<Check> => ({
  repositories: knownRepositories({ repository: identity.repository, root, ...(await headOf(root)) }, {}),
  isLeftOut: () => false,
  warn: (problem) => {
    throw new Error(problem.message)
  },
})

const job = (extra: string): string => oneJob('- run: touch "$HOME/../../started"', extra)
const step = (text: string): string => oneJob(`- run: echo started\n${text}`)

describe('what is not supported stops before the first step, by name, with file and line', () => {
  const cases: { name: string; workflow: string; message: RegExp }[] = [
    {
      name: 'containers',
      workflow: job('container: debian'),
      message:
        /^workflow.yml:5: container is not supported in a job; leave the job out with --without-job job$/,
    },
    {
      name: 'services',
      workflow: job('services: { db: { image: x } }'),
      message: /services \(containers\) is not supported in a job/,
    },
    {
      name: 'a reusable workflow that is not there',
      workflow: 'on: workflow_dispatch\njobs:\n  job: { uses: ./.github/workflows/x.yml }\n',
      message:
        /^workflow.yml:3: uses: .\/.github\/workflows\/x.yml: there is no workflow file .github\/workflows\/x.yml in /,
    },
    {
      name: 'workflows of others',
      workflow: 'on: workflow_dispatch\njobs:\n  job: { uses: other/one/.github/workflows/x.yml@v1 }\n',
      message:
        /^workflow.yml:3: uses: other\/one\/.github\/workflows\/x.yml@v1: workflows of other repositories are not supported.* --without-job, or name a checkout with --repository other\/one=PATH$/,
    },
    {
      name: 'a workflow elsewhere than in .github/workflows',
      workflow: 'on: workflow_dispatch\njobs:\n  job: { uses: ./ci/x.yml }\n',
      message: /^workflow.yml:3: .*a reusable workflow lies directly in .github\/workflows; write/,
    },
    {
      name: 'a ref behind $/',
      workflow: step('- uses: $/actions/one@v1'),
      message: /^workflow.yml:7: uses: \$\/actions\/one@v1: .* takes no @ref; write \$\/actions\/one$/,
    },
    {
      name: 'actions of others',
      workflow: step('- uses: other/action@v1'),
      message: /^workflow.yml:7: uses: other\/action@v1: actions of other repositories are not supported/,
    },
    {
      name: 'docker images',
      workflow: step('- uses: docker://alpine'),
      message: /docker actions are not supported \(docker:\/\/alpine\)/,
    },
    {
      name: 'docker actions',
      workflow: step('- uses: ./actions/docker'),
      message: /uses: .\/actions\/docker: docker actions are not supported/,
    },
    {
      name: 'what a composite action uses',
      workflow: step('- uses: ./actions/composite'),
      message: /^actions\/composite\/action.yml:7: uses: other\/action@v1: actions of other repositories/,
    },
    {
      name: 'a composite step without shell',
      workflow: step('- uses: ./actions/shell-less'),
      message:
        /^workflow.yml:7: uses: .\/actions\/shell-less: action.yml:6: Required property is missing: shell$/,
    },
    { name: 'old runtimes', workflow: step('- uses: ./actions/old'), message: /node12/ },
    {
      name: 'missing actions',
      workflow: step('- uses: ./actions/none'),
      message: /there is no action.yml in actions\/none/,
    },
    {
      name: 'paths out of the repository',
      workflow: step('- uses: ./../x'),
      message: /leaves the repository/,
    },
    {
      name: 'an input of checkout that is not honoured',
      workflow: step('- uses: actions/checkout@v5\n  with: { submodules: true }'),
      message:
        /^workflow.yml:8: actions\/checkout with submodules other than false is not supported; supported: repository, ref, path.*; leave it out, or leave the job out with --without-job$/,
    },
    {
      name: 'gsutil beside an expression and quotes',
      workflow: step(
        "- run: |\n    echo 'it{}' ${{ github.sha }}\n    if gsutil -q stat gs://${{ github.sha }}/o; then echo; fi",
      ),
      message: /^workflow.yml:7: gsutil takes no other endpoint/,
    },
    {
      name: 'an action whose client takes no other endpoint',
      workflow: step('- uses: google-github-actions/upload-cloud-storage@v3'),
      message:
        /would leave the local cloud for Google; write gcloud storage cp instead, or leave the job out/,
    },
    {
      name: 'other shells',
      workflow: step('- { run: x, shell: pwsh }'),
      message: /^workflow.yml:7: shell: pwsh is not supported; supported: bash, sh, python$/,
    },
    {
      name: 'what GitHub itself refuses',
      workflow: 'on: workflow_dispatch\njobs:\n  job:\n    runs-on: x\n    step: []\n',
      message: /^workflow.yml:5: Unexpected value 'step'/,
    },
    {
      name: 'an expression GitHub refuses',
      workflow: step('- run: echo ${{ nothing.x }}'),
      message: /^workflow.yml:7: Unrecognized named-value: 'nothing'/,
    },
    {
      name: 'a need nobody has',
      workflow: `${job('')}  b: { needs: other, runs-on: x, steps: [{ run: x }] }\n`,
      message: /depends on unknown job 'other'/,
    },
  ]
  it.each(cases)('$name', async ({ workflow, message }) => {
    const failure = await repository.run(workflow).then(
      () => new Error('it ran'),
      (error: Error) => error,
    )
    expect(failure.message).toMatch(message)
    expect(repository.lines).toEqual([])
  })

  it('an event that is not supported or not listed', async () => {
    await expect(repository.run(job(''), { event: 'issues' })).rejects.toThrow(
      /--event issues is not supported/,
    )
    await expect(repository.run(job(''), { event: 'push' })).rejects.toThrow(
      /workflow.yml is not started by push; it lists: workflow_dispatch; run it with --event workflow_dispatch$/,
    )
  })

  it('a workflow file that is not there', async () => {
    await expect(repository.run('', { file: 'none.yml' })).rejects.toThrow(
      'there is no workflow file none.yml',
    )
  })
})

describe('inputs of a dispatch', () => {
  const workflow = `on: { workflow_dispatch: { inputs: { must: { required: true }, flag: { type: boolean }, n: { type: number }, pick: { type: choice, options: [a, b] } } } }
jobs: { job: { runs-on: x, steps: [{ run: 'true' }] } }
`
  it.each([
    [{}, /Required input 'must' not provided/],
    [
      { must: 'x', more: '1' },
      /Unexpected inputs provided: more; workflow.yml declares: must, flag, n, pick/,
    ],
    [{ must: 'x', flag: 'maybe' }, /Input 'flag' is 'maybe'; accepted: true, false/],
    [{ must: 'x', n: 'two' }, /Input 'n' is 'two'; a number is expected/],
    [{ must: 'x', pick: 'c' }, /Input 'pick' is 'c'; accepted: a, b/],
  ])('%j is refused', async (inputs, message) => {
    await expect(repository.run(workflow, { inputs })).rejects.toThrow(message)
  })
})

describe("the check of authors' mistakes", () => {
  it('says a mistake of YAML in one line, without a drawing of the place', async () => {
    await repository.write('workflow.yml', 'on: workflow_dispatch\n jobs: [\n')
    const failure = await readWorkflow(await ownSource(repository.root), 'workflow.yml').then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failure?.name).toBe('WorkflowProblems')
    for (const line of failure!.message.split('\n')) expect(line).toMatch(/^workflow\.yml:\d+: \S/)
    expect(failure?.message).not.toMatch(/\^/)
  })

  it('names undeclared and missing inputs with their line', async () => {
    await repository.write('workflow.yml', step('- uses: ./actions/one\n  with:\n    wnated: 1'))
    const workflow = await readWorkflow(await ownSource(repository.root), 'workflow.yml')
    expect(
      await inputMistakes(
        workflow.jobs[0]!.steps,
        { file: 'workflow.yml', source: workflow.source },
        await checkOf(repository.root),
      ),
    ).toEqual([
      { file: 'workflow.yml', line: 9, message: "Unexpected input(s) 'wnated', valid inputs are ['wanted']" },
      { file: 'workflow.yml', line: 7, message: "uses: ./actions/one: required input 'wanted' is missing" },
    ])
  })

  it('finds none in the examples of this repository', async () => {
    const repositoryRoot = resolve(import.meta.dirname, '../../..')
    const file = 'workflows-examples/pipeline.yml'
    const check = await checkOf(repositoryRoot)
    const loaded = await loadWorkflow(check.repositories.own, file, check)
    const steps = loaded.workflow.jobs.flatMap((job) => job.steps)
    expect([
      ...(await checkWorkflow(loaded, check)).problems,
      ...(await inputMistakes(steps, { file, source: loaded.workflow.source }, check)),
    ]).toEqual([])
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
    for (const [name, inputs] of Object.entries(builtinInputs))
      expect(listed(`inputs of actions/${name}`)).toEqual([...inputs])
    expect(listed('types of dispatch inputs')).toEqual([...inputTypes])
  })

  const withJq = hasProgram('jq') ? it : it.skip
  withJq(
    'gives act the variables of a job here: every endpoint, and neither credentials nor a project',
    async () => {
      const filter = /jq -r '(.*)' up\.json > act\.env/.exec(readFileSync(page, 'utf8'))?.[1]
      const cloud = await startTestCloud({ services: [] })
      const up = JSON.stringify(cloud.cloud.describe())
      await cloud.close()
      const lines = execFileSync('jq', ['-r', filter ?? ''], { input: up, encoding: 'utf8' })
        .trim()
        .split('\n')
      const wanted = Object.entries(clientVariables(cloud.origin)).map(([name, value]) => `${name}=${value}`)
      expect(lines.sort()).toEqual(wanted.sort())
    },
  )
})
