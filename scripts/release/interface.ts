/**
 * Reads the public interface out of a commit's tree: what a user's workflow can name, give, get or must
 * grant. It judges nothing.
 */
import { parse } from 'yaml'
import type { Repository } from './git.ts'
import { grantsOf, identitiesOf, identityOwner, modesOf, needsOf } from './google-access.ts'
import { Refusal } from './refusal.ts'
import { fieldsOf, type Field } from './schema-fields.ts'

export type Level = 'read' | 'write'
/** `owner` is the thing an entry belongs to, so that a removed action is one difference and not thirty. */
export type Entry =
  | { readonly kind: 'action'; readonly using: string }
  | { readonly kind: 'workflow' }
  | { readonly kind: 'schema' }
  | { readonly kind: 'view' }
  | { readonly kind: 'identity' }
  | { readonly kind: 'mode' }
  | {
      readonly kind: 'input'
      readonly type: string
      readonly isRequired: boolean
      readonly fallback: string | undefined
    }
  | { readonly kind: 'output' }
  | { readonly kind: 'secret'; readonly isRequired: boolean }
  | { readonly kind: 'permission'; readonly level: Level }
  | { readonly kind: 'Google permission' }
  | { readonly kind: 'field'; readonly field: Field }
export interface Named {
  readonly owner: string
  readonly name: string
  readonly entry: Entry
}
export type Interface = ReadonlyMap<string, Named>

type Yaml = Readonly<Record<string, unknown>>
const asMap = (value: unknown): Yaml =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Yaml) : {}

export function readInterface(repository: Repository, commit: string): Interface {
  const found = new Map<string, Named>()
  const add = (owner: string, name: string, entry: Entry): void =>
    void found.set(`${owner} ${entry.kind} ${name}`, { owner, name, entry })
  for (const file of repository.list(commit)) {
    const action = /^actions\/([^/]+)\/action\.yml$/.exec(file)?.[1]
    const workflow = /^\.github\/workflows\/([^/]+)\.ya?ml$/.exec(file)?.[1]
    const view = /^bigquery\/views\/([^/]+\/[^/]+)\.sql$/.exec(file)?.[1]
    const read = (): string => repository.read(commit, file)?.toString() ?? ''
    if (action !== undefined) addAction(`action ${action}`, yamlOf(file, read()), add)
    else if (workflow !== undefined) addWorkflow(`reusable workflow ${workflow}`, yamlOf(file, read()), add)
    else if (view !== undefined) add(`view ${view.replace('/', '.')}`, '', { kind: 'view' })
    else if (/\.schema\.json$/.test(file) && !file.startsWith('test/')) {
      add(`schema ${file}`, '', { kind: 'schema' })
      for (const [path, field] of fieldsOf(jsonOf(file, read())))
        add(`schema ${file}`, path, { kind: 'field', field })
    } else if (file === 'docs/permissions.json') {
      const document = jsonOf(file, read()) as Parameters<typeof needsOf>[0]
      for (const owner of modesOf(document)) add(owner, '', { kind: 'mode' })
      for (const { owner, permission } of needsOf(document))
        add(owner, permission, { kind: 'Google permission' })
    } else if (file === 'terraform-infra/access.yaml') {
      const access = yamlOf(file, read())
      for (const name of identitiesOf(access)) add(identityOwner(name), '', { kind: 'identity' })
      for (const { owner, permission } of grantsOf(access))
        add(owner, permission, { kind: 'Google permission' })
    }
  }
  return found
}

type Add = (owner: string, name: string, entry: Entry) => void

function addAction(owner: string, manifest: Yaml, add: Add): void {
  add(owner, '', { kind: 'action', using: textOf(asMap(manifest.runs).using ?? '') })
  addInputs(owner, manifest.inputs, add)
  for (const name of Object.keys(asMap(manifest.outputs))) add(owner, name, { kind: 'output' })
}

/** A scalar of a manifest as GitHub hands it over. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function addInputs(owner: string, inputs: unknown, add: Add): void {
  for (const [name, value] of Object.entries(asMap(inputs))) {
    const { type, required, default: fallback } = asMap(value)
    // GitHub hands an input without a default over as empty text.
    const isEmpty = fallback === undefined || fallback === null || fallback === ''
    add(owner, name, {
      kind: 'input',
      type: textOf(type ?? 'string'),
      isRequired: required === true || required === 'true',
      fallback: isEmpty ? undefined : textOf(fallback),
    })
  }
}

/** Only what others can call: a workflow without workflow_call is our own affair. */
function addWorkflow(owner: string, workflow: Yaml, add: Add): void {
  if (
    !Object.hasOwn(asMap(workflow.on), 'workflow_call') &&
    workflow.on !== 'workflow_call' &&
    !(Array.isArray(workflow.on) && workflow.on.includes('workflow_call'))
  )
    return
  const call = asMap(asMap(workflow.on).workflow_call)
  add(owner, '', { kind: 'workflow' })
  addInputs(owner, call.inputs, add)
  for (const name of Object.keys(asMap(call.outputs))) add(owner, name, { kind: 'output' })
  for (const [name, value] of Object.entries(asMap(call.secrets)))
    add(owner, name, { kind: 'secret', isRequired: asMap(value).required === true })
  const granted = new Map<string, Level>()
  for (const job of Object.values(asMap(workflow.jobs))) {
    for (const [scope, level] of Object.entries(
      permissionsOf(asMap(job).permissions ?? workflow.permissions),
    )) {
      if (level === 'write' || !granted.has(scope)) granted.set(scope, level)
    }
  }
  for (const [scope, level] of granted) add(owner, scope, { kind: 'permission', level })
}

/** A caller must grant what any job asks for; a job that says nothing gets all the caller has. */
function permissionsOf(value: unknown): Record<string, Level> {
  if (value === undefined || value === null || value === 'write-all') return { 'every scope': 'write' }
  if (value === 'read-all') return { 'every scope': 'read' }
  return Object.fromEntries(
    Object.entries(asMap(value)).filter(
      (pair): pair is [string, Level] => pair[1] === 'read' || pair[1] === 'write',
    ),
  )
}

function yamlOf(file: string, text: string): Yaml {
  try {
    return asMap(parse(text))
  } catch (error) {
    throw new Refusal(`Reading ${file}: ${(error as Error).message.split('\n')[0]}`)
  }
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Refusal(`Reading ${file}: ${(error as Error).message}`)
  }
}
