/**
 * What counts as breaking, as adding, and as nothing: each difference of the public interface, on the values
 * that two trees would give.
 */
import { describe, expect, it } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { compareInterfaces, type Difference } from '../../scripts/release/differences.ts'
import type { Repository } from '../../scripts/release/git.ts'
import { readInterface } from '../../scripts/release/interface.ts'
import { ACTION } from './played-repository.ts'

type Files = Readonly<Record<string, string>>

function compare(before: Files, after: Files): Difference[] {
  const tree = (files: Files): Repository =>
    ({
      list: () => Object.keys(files),
      read: (_commit: string, file: string) => Buffer.from(files[file] ?? ''),
    }) as unknown as Repository
  return compareInterfaces(readInterface(tree(before), ''), readInterface(tree(after), ''))
}

/** A copy with one place set (undefined: removed). */
function edit(text: string, place: readonly string[], value: unknown): string {
  const document = parse(text)
  const parent = place.slice(0, -1).reduce((node, key) => (node[key] ??= {}), document)
  const last = place.at(-1) ?? ''
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return stringify(document)
}

const WORKFLOW = `on:
  workflow_call:
    inputs:
      environment: { type: string, required: true }
      days: { type: number, default: 1 }
    outputs:
      digest: { value: "\${{ jobs.a.outputs.digest }}" }
    secrets:
      key: { required: false }
permissions: {}
jobs:
  a: { permissions: { contents: read }, runs-on: x, steps: [] }
  b: { permissions: { contents: read, id-token: write }, runs-on: x, steps: [] }
`

describe('an action', () => {
  const file = 'actions/hello/action.yml'
  it.each<[string, readonly string[], unknown, string]>([
    ['an input is removed', ['inputs', 'loud'], undefined, 'major action hello: input `loud` removed'],
    [
      'an optional input is added',
      ['inputs', 'tone'],
      { default: 'kind' },
      'minor action hello: input `tone` added',
    ],
    [
      'a required input is added',
      ['inputs', 'tone'],
      { required: true },
      'major action hello: input `tone` added and required',
    ],
    [
      'a default changes',
      ['inputs', 'loud', 'default'],
      'true',
      'major action hello: input `loud` default `false` became `true`',
    ],
    [
      'a default vanishes',
      ['inputs', 'loud', 'default'],
      undefined,
      'major action hello: input `loud` default `false` became none',
    ],
    [
      'an input becomes required',
      ['inputs', 'loud', 'required'],
      true,
      'major action hello: input `loud` became required',
    ],
    [
      'an input is no longer required',
      ['inputs', 'who', 'required'],
      false,
      'minor action hello: input `who` is no longer required',
    ],
    [
      'an output is removed',
      ['outputs', 'greeting'],
      undefined,
      'major action hello: output `greeting` removed',
    ],
    [
      'an output is added',
      ['outputs', 'language'],
      { description: 'x' },
      'minor action hello: output `language` added',
    ],
    [
      'it runs on another Node',
      ['runs', 'using'],
      'node28',
      'major action hello runs on node28 instead of node24',
    ],
  ])('%s', (_name, place, value, expected) => {
    expect(
      compare({ [file]: ACTION }, { [file]: edit(ACTION, place, value) }).map(
        ({ what, change, bump }) => `${bump} ${what} ${change}`,
      ),
    ).toEqual([expected])
  })

  it.each([
    ['tool-version', '1.11.16', '1.11.17', 'minor'],
    ['tool-version', '1.11.16', '1.12.0', 'major'],
    ['tool-version', '2.3', '2.4', 'major'],
    ['address', '1.1.1', '1.1.2', 'major'],
  ])('whose input %s pins %s by default and then %s is a %s change', (name, before, after, bump) => {
    const pinning = (value: string): string => edit(ACTION, ['inputs', name], { default: value })
    expect(compare({ [file]: pinning(before) }, { [file]: pinning(after) })).toMatchObject([{ bump }])
  })

  it('is one difference when it comes or goes, however many inputs it has', () => {
    expect(compare({}, { [file]: ACTION })).toEqual([
      { what: 'action hello', change: 'added', bump: 'minor' },
    ])
    expect(compare({ [file]: ACTION }, {})).toEqual([
      { what: 'action hello', change: 'removed', bump: 'major' },
    ])
  })

  it('may say that a default is empty', () => {
    const before = edit(ACTION, ['inputs', 'who'], {})
    expect(compare({ [file]: before }, { [file]: edit(before, ['inputs', 'who', 'default'], '') })).toEqual(
      [],
    )
  })

  it('may change its words, its main file and the order of its inputs', () => {
    const { inputs, ...rest } = parse(ACTION)
    const reordered = stringify({
      ...rest,
      description: 'Other words.',
      runs: { ...rest.runs, main: '../../dist/hello/main.js' },
      inputs: Object.fromEntries(Object.entries(inputs).reverse()),
    })
    expect(compare({ [file]: ACTION }, { [file]: reordered })).toEqual([])
  })
})

describe('a reusable workflow', () => {
  const file = '.github/workflows/deploy.yml'
  const call = ['on', 'workflow_call']
  it.each<[string, readonly string[], unknown, string[]]>([
    [
      'an input changes its type',
      [...call, 'inputs', 'days', 'type'],
      'string',
      ['major reusable workflow deploy: input `days` type number became string'],
    ],
    [
      'an input is removed',
      [...call, 'inputs', 'days'],
      undefined,
      ['major reusable workflow deploy: input `days` removed'],
    ],
    [
      'an output is removed',
      [...call, 'outputs', 'digest'],
      undefined,
      ['major reusable workflow deploy: output `digest` removed'],
    ],
    [
      'a secret becomes required',
      [...call, 'secrets', 'key', 'required'],
      true,
      ['major reusable workflow deploy: secret `key` became required'],
    ],
    [
      'a job reads more',
      ['jobs', 'a', 'permissions', 'packages'],
      'read',
      ['major reusable workflow deploy: permission `packages` read is newly needed'],
    ],
    [
      'a job writes what it read',
      ['jobs', 'a', 'permissions', 'contents'],
      'write',
      ['major reusable workflow deploy: permission `contents` read became write'],
    ],
    [
      'a later job writes what an earlier one reads',
      ['jobs', 'b', 'permissions', 'contents'],
      'write',
      ['major reusable workflow deploy: permission `contents` read became write'],
    ],
    [
      'a job asks for everything',
      ['jobs', 'a', 'permissions'],
      'write-all',
      ['major reusable workflow deploy: permission `every scope` write is newly needed'],
    ],
    ['a job asks for less', ['jobs', 'b', 'permissions', 'id-token'], undefined, []],
    ['a job asks for what another already has', ['jobs', 'a', 'permissions', 'id-token'], 'write', []],
    ['a job falls back to the permissions of the workflow', ['jobs', 'a', 'permissions'], undefined, []],
    ['it can no longer be called', call, undefined, ['major reusable workflow deploy removed']],
  ])('%s', (_name, place, value, expected) => {
    expect(
      compare({ [file]: WORKFLOW }, { [file]: edit(WORKFLOW, place, value) }).map(
        ({ what, change, bump }) => `${bump} ${what} ${change}`,
      ),
    ).toEqual(expected)
  })

  it('that nobody can call is not part of the interface', () => {
    expect(
      compare({}, { '.github/workflows/ci.yml': 'on: push\njobs: { a: { permissions: write-all } }\n' }),
    ).toEqual([])
  })
})

const SCHEMA = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { $ref: '#/definitions/name' },
    size: { type: 'integer', minimum: 1 },
    state: { enum: ['on', 'off'] },
    parts: {
      type: 'array',
      items: {
        type: 'object',
        properties: { id: { type: 'string' }, inner: { $ref: '#/definitions/tree' } },
      },
    },
  },
  definitions: {
    name: { type: 'string' },
    tree: { type: 'object', properties: { child: { $ref: '#/definitions/tree' } } },
  },
}

/** `[what it means where users write the file, what it means where they read it]`. */
describe('a schema', () => {
  it.each<[string, readonly string[], unknown, string[], string[]]>([
    ['a field is removed', ['properties', 'size'], undefined, ['major size removed'], ['major size removed']],
    [
      'an optional field is added',
      ['properties', 'colour'],
      { type: 'object', properties: { red: { type: 'integer' } } },
      ['minor colour added'],
      ['minor colour added'],
    ],
    [
      'a type changes behind a reference',
      ['definitions', 'name', 'type'],
      'integer',
      ['major name type string became integer'],
      ['major name type string became integer'],
    ],
    [
      'a type is widened',
      ['properties', 'size', 'type'],
      ['integer', 'null'],
      ['minor size type null became possible'],
      ['major size type null became possible'],
    ],
    [
      'a field becomes required',
      ['required'],
      ['name', 'size'],
      ['major size became required'],
      ['minor size became required'],
    ],
    [
      'a field is no longer required',
      ['required'],
      [],
      ['minor name is no longer required'],
      ['major name is no longer required'],
    ],
    [
      'a value is added',
      ['properties', 'state', 'enum'],
      ['on', 'off', 'idle'],
      ['minor state value "idle" became possible'],
      ['major state value "idle" became possible'],
    ],
    [
      'a value is removed',
      ['properties', 'state', 'enum'],
      ['on'],
      ['major state value "off" is no longer possible'],
      ['minor state value "off" is no longer possible'],
    ],
    [
      'a limit appears',
      ['properties', 'size', 'maximum'],
      9,
      ['major size maximum 9 was added'],
      ['minor size maximum 9 was added'],
    ],
    [
      'a limit changes',
      ['properties', 'size', 'minimum'],
      0,
      ['major size minimum 1 became 0'],
      ['major size minimum 1 became 0'],
    ],
    [
      'further properties are accepted',
      ['additionalProperties'],
      undefined,
      ['minor  accepts further properties'],
      ['minor  accepts further properties'],
    ],
    [
      'a field inside a list is removed',
      ['properties', 'parts', 'items', 'properties', 'id'],
      undefined,
      ['major parts[].id removed'],
      ['major parts[].id removed'],
    ],
    [
      'something inside a circle changes',
      ['definitions', 'tree', 'properties', 'child', 'type'],
      'object',
      [],
      [],
    ],
    ['words change', ['properties', 'size', 'description'], 'How large.', [], []],
    [
      'a whole condition appears',
      ['if'],
      { properties: { size: { const: 1 } } },
      ['major  if {"properties":{"size":{"const":1}}} was added'],
      ['minor  if {"properties":{"size":{"const":1}}} was added'],
    ],
  ])('%s', (_name, place, value, written, read) => {
    const told = (file: string): string[] =>
      compare(
        { [file]: JSON.stringify(SCHEMA) },
        { [file]: JSON.stringify(parse(edit(JSON.stringify(SCHEMA), place, value))) },
      ).map(
        ({ what, change, bump }) =>
          `${bump} ${what.replace(`schema ${file}`, '').replace(/^: field `(.*)`$/, '$1')} ${change}`,
      )
    expect(told('terraform-infra/environment.schema.json')).toEqual(written)
    expect(told('docs/schemas/report.schema.json')).toEqual(read)
  })

  it('needs a new field from those who write the file only', () => {
    const after = {
      ...SCHEMA,
      required: ['name', 'colour'],
      properties: { ...SCHEMA.properties, colour: { type: 'string' } },
    }
    expect(
      compare(
        { 'terraform-infra/a.schema.json': JSON.stringify(SCHEMA) },
        { 'terraform-infra/a.schema.json': JSON.stringify(after) },
      ),
    ).toEqual([
      {
        what: 'schema terraform-infra/a.schema.json: field `colour`',
        change: 'added and required',
        bump: 'major',
      },
    ])
    expect(
      compare(
        { 'docs/a.schema.json': JSON.stringify(SCHEMA) },
        { 'docs/a.schema.json': JSON.stringify(after) },
      ),
    ).toEqual([{ what: 'schema docs/a.schema.json: field `colour`', change: 'added', bump: 'minor' }])
  })
})

describe('other promises', () => {
  it('a published view that goes is major, one that comes is minor', () => {
    expect(
      compare(
        { 'bigquery/views/caec_insights/kpi_a.sql': 'SELECT 1' },
        { 'bigquery/views/caec_insights/kpi_b.sql': 'SELECT 1' },
      ),
    ).toEqual([
      { what: 'view caec_insights.kpi_a', change: 'removed', bump: 'major' },
      { what: 'view caec_insights.kpi_b', change: 'added', bump: 'minor' },
    ])
  })

  const needs = (modes: Readonly<Record<string, readonly string[]>>): Files => ({
    'docs/permissions.json': JSON.stringify({
      modes: Object.entries(modes).map(([mode, permissions]) => ({
        action: 'deploy-dags',
        mode,
        needs: { 'bucket/dags': permissions },
      })),
    }),
  })
  it.each<[string, Readonly<Record<string, readonly string[]>>, string[]]>([
    [
      'needs more',
      { apply: ['storage.objects.create', 'storage.objects.delete'] },
      [
        'major action deploy-dags (apply): Google permission `storage.objects.delete on bucket/dags` newly needed',
      ],
    ],
    ['needs less', { apply: [] }, []],
    [
      'has another mode, with what that needs',
      { apply: ['storage.objects.create'], 'apply with force': ['storage.objects.delete'] },
      ['minor action deploy-dags (apply with force) added'],
    ],
    ['has a mode less', {}, []],
  ])('an action that %s on Google Cloud', (_name, modes, expected) => {
    expect(
      compare(needs({ apply: ['storage.objects.create'] }), needs(modes)).map(
        ({ what, change, bump }) => `${bump} ${what} ${change}`,
      ),
    ).toEqual(expected)
  })

  const ACCESS = `identities: { ops: {}, ci: {} }
customRoles:
  writer: { permissions: [storage.objects.create] }
bindings:
  bucket/dags:
    - { role: customRoles/writer, members: [ci], condition: { title: only-dags, expression: 'a' } }
    - { role: roles/storage.objectViewer, members: [ops] }
`
  const access = (change: (text: string) => string): string[] =>
    compare({ 'terraform-infra/access.yaml': ACCESS }, { 'terraform-infra/access.yaml': change(ACCESS) }).map(
      ({ what, change: how, bump }) => `${bump} ${what} ${how}`,
    )
  it.each<[string, (text: string) => string, string[]]>([
    [
      'a role gains a permission',
      (text) => text.replace('create]', 'create, storage.objects.delete]'),
      [
        'major identity ci: Google permission `storage.objects.delete on bucket/dags, under only-dags ca978112` newly needed',
      ],
    ],
    [
      'a condition is dropped',
      (text) => text.replace(/, condition: \{.*?\} \}/, ' }'),
      ['major identity ci: Google permission `storage.objects.create on bucket/dags` newly needed'],
    ],
    [
      'a condition says something else',
      (text) => text.replace("'a'", "'b'"),
      [
        'major identity ci: Google permission `storage.objects.create on bucket/dags, under only-dags 3e23e816` newly needed',
      ],
    ],
    [
      'a stranger becomes a member',
      (text) => text.replace('members: [ops]', 'members: [ops, allUsers]'),
      [
        'major Google access of allUsers: Google permission `roles/storage.objectViewer on bucket/dags` newly needed',
      ],
    ],
    ['a role is taken away', (text) => text.replace('members: [ops]', 'members: []'), []],
    ['permissions move to a role of another name', (text) => text.replaceAll('writer', 'author'), []],
    [
      'an identity is added with its rights',
      (text) =>
        text.replace('ci: {} }', 'ci: {}, test: {} }').replace('members: [ops]', 'members: [ops, test]'),
      ['minor identity test added'],
    ],
    [
      'an identity is removed',
      (text) => text.replace('ops: {}, ', '').replace('members: [ops]', 'members: []'),
      ['major identity ops removed'],
    ],
  ])('in access.yaml, %s', (_name, change, expected) => {
    expect(access(change)).toEqual(expected)
  })
})
