/**
 * Turns the YAML fences of a document into workflows that GitHub's parser and the local runner take. It
 * changes placeholders and Google's auth step, nothing else.
 */
import { isMap, isScalar, isSeq, parseAllDocuments, parseDocument, type YAMLMap } from 'yaml'
import path from 'node:path'
import { repositoryName } from '../../scripts/repository-name.ts'
import { fencesOf } from './markdown.ts'

const ownName = repositoryName(path.resolve(import.meta.dirname, '../..'))

export interface Example {
  /** `file:line` of the fence. */
  readonly where: string
  readonly text: string
  /** Why it cannot be run here, as the document says in a comment above it. */
  readonly notRun?: string
}

const REASON = /<!-- not run here: (.+?) -->\s*$/

export function examplesOf(file: string, markdown: string): Example[] {
  const lines = markdown.split(/\r?\n/)
  return fencesOf(markdown)
    .filter(({ language }) => /^ya?ml$/.test(language))
    .map(({ text, line }) => {
      const above =
        lines
          .slice(0, line - 1)
          .filter((candidate) => candidate.trim() !== '')
          .at(-1) ?? ''
      return { where: `${file}:${line}`, text, notRun: REASON.exec(above)?.[1] }
    })
}

export interface ExampleWorkflow {
  readonly text: string
  readonly uses: readonly string[]
  /** Names of this repository's actions. */
  readonly actions: readonly string[]
}

/** undefined for YAML that holds no steps and no jobs; throws what the YAML parser says of broken text. */
export function workflowOf(example: Example, repository: string): ExampleWorkflow | undefined {
  // The repository's name and SHA are what a reader fills in or finds filled in.
  const filled = example.text
    .replaceAll(ownName, repository)
    .replace(/@SHA\b/g, `@${'0123456789abcdef'.repeat(3).slice(0, 40)}`)
  // Several documents in one fence are no workflow.
  const all = parseAllDocuments(filled)
  const broken = all.flatMap(({ errors }) => errors)[0]
  const [document] = all
  if (broken !== undefined) throw new Error(`${example.where}: ${broken.message}`)
  if (document === undefined || all.length > 1) return undefined
  const root = document.contents
  const isWorkflow = isMap(root) && root.has('jobs')
  if (
    !isWorkflow &&
    !(isSeq(root) && root.items.every((item) => isMap(item) && (item.has('uses') || item.has('run')))) &&
    !(isMap(root) && root.has('steps'))
  )
    return undefined
  const indented = (text: string, spaces: number): string => text.replace(/^(?=.)/gm, ' '.repeat(spaces))
  // An example that names its machine is a whole job.
  const job = `on: workflow_dispatch\njobs:\n  example:\n${
    isMap(root) && root.has('runs-on')
      ? ''
      : '    runs-on: ubuntu-latest\n    environment: dev\n    permissions: { contents: read, id-token: write }\n'
  }`
  const text = isWorkflow
    ? root.has('on')
      ? filled
      : `on: workflow_dispatch\n${filled}`
    : isSeq(root)
      ? `${job}    steps:\n${indented(filled, 6)}`
      : `${job}${indented(filled, 4)}`
  const uses = [...text.matchAll(/^\s*(?:-\s+)?uses:\s*(\S+)/gm)].map((match) => match[1] ?? '')
  return { text, uses, actions: uses.flatMap((name) => /\/actions\/([\w-]+)(?:@|$)/.exec(name)?.[1] ?? []) }
}

/**
 * As it is run: dry where the action can be, Google's auth step played by ours (which a test of its own
 * proves equal for later steps).
 */
export function runnable(
  workflow: ExampleWorkflow,
  repository: string,
  hasDryRun: (action: string) => boolean,
): string {
  const document = parseDocument(workflow.text)
  const jobs = document.get('jobs')
  for (const { value: job } of isMap(jobs) ? jobs.items : []) {
    const steps = isMap(job) ? job.get('steps') : undefined
    for (const step of isSeq(steps) ? steps.items : []) {
      if (!isMap(step)) continue
      const uses = String(step.get('uses') ?? '')
      if (/^google-github-actions\/auth@/.test(uses)) playGoogleAuth(step, repository)
      const action = /\/actions\/([\w-]+)@/.exec(uses)?.[1]
      if (action !== undefined && hasDryRun(action) && !step.hasIn(['with', 'dry-run']))
        step.setIn(['with', 'dry-run'], document.createNode('true'))
    }
  }
  return document.toString()
}

function playGoogleAuth(step: YAMLMap, repository: string): void {
  step.set('uses', `${repository}/actions/auth@${'0'.repeat(40)}`)
  const inputs = step.get('with')
  for (const pair of isMap(inputs) ? inputs.items : []) {
    if (!isScalar(pair.key)) continue
    if (pair.key.value === 'access_token_lifetime' && isScalar(pair.value))
      pair.value.value = String(pair.value.value).replace(/s$/, '')
    pair.key.value = String(pair.key.value).replaceAll('_', '-')
  }
}
