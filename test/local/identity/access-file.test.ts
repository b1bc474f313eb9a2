/**
 * Mistakes in access.yaml and environment.yaml are named with file and line; conditions decide as IAM's do.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccess } from '../../../local/cloud/identity/access.ts'
import { loadAccessFile } from '../../../local/cloud/identity/access-file.ts'
import { extract } from '../../../local/cloud/identity/cel.ts'
import { loadEnvironment } from '../../../local/cloud/identity/environment.ts'
import { repoRoot } from '../../support/cloud.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access '))
  await copyFile(
    join(repoRoot, 'terraform-infra/environments/dev/environment.yaml'),
    join(folder, 'environment.yaml'),
  )
  await copyFile(join(repoRoot, 'terraform-infra/access.yaml'), join(folder, 'access.yaml'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Replaces text in a copy; gives the line where the change begins. */
async function edit(name: string, from: string, to: string): Promise<number> {
  const text = await readFile(join(folder, name), 'utf8')
  const at = text.indexOf(from)
  if (at === -1) throw new Error(`no '${from}' in ${name}`)
  await writeFile(
    join(folder, name),
    text.replace(from, () => to),
  )
  return text.slice(0, at).split('\n').length
}
const load = async () =>
  loadAccessFile(join(folder, 'access.yaml'), await loadEnvironment(join(folder, 'environment.yaml')))

describe('a mistake in access.yaml or environment.yaml', () => {
  const mistakes: {
    name: string
    file: string
    from: string
    to: string
    says: string | RegExp
    keyLinesAbove?: number
  }[] = [
    {
      name: 'an unknown field',
      file: 'access.yaml',
      from: 'kind: ci, description',
      to: 'kind: ci, colour: red, description',
      says: "identities.ci-plan has no field 'colour'",
    },
    {
      name: 'an unknown kind',
      file: 'access.yaml',
      from: 'kind: persona',
      to: 'kind: boss',
      says: 'identities.ops.kind must be one of persona, workload, ci',
    },
    {
      name: 'a role nobody defines',
      file: 'access.yaml',
      from: 'customRoles/caecOperator,',
      to: 'customRoles/caecOperater,',
      says: "role 'customRoles/caecOperater' is neither a custom role of this file nor a predefined role known here",
    },
    {
      name: 'a basic role',
      file: 'access.yaml',
      from: 'role: roles/bigquery.user,',
      to: 'role: roles/editor,',
      says: 'bindings.project.6.role may not be a basic role (roles/owner, roles/editor, roles/viewer, roles/browser): bind the permissions that are needed',
    },
    {
      name: 'a reason that says nothing',
      file: 'access.yaml',
      from: "why: 'Finding the buckets when working by hand.'",
      to: "why: 'x'",
      says: 'bindings.project.5.why must NOT have fewer than 10 characters',
    },
    {
      name: 'a member nobody defines',
      file: 'access.yaml',
      from: 'members: [ops]',
      to: 'members: [opps]',
      says: "'opps' is not an identity of this file",
    },
    {
      name: 'a bucket that does not exist',
      file: 'access.yaml',
      from: 'bucket/lake:',
      to: 'bucket/lakes:',
      says: "environment.yaml has no bucket 'lakes'",
    },
    {
      name: 'a value that does not exist',
      file: 'access.yaml',
      from: '/buckets/${buckets.dags}/',
      to: '/buckets/${buckets.dag}/',
      says: "environment.yaml has no value 'buckets.dag'",
      keyLinesAbove: 1,
    },
    {
      name: 'a permission that is no permission',
      file: 'access.yaml',
      from: '- bigquery.jobs.update',
      to: '- bigquery.*',
      says: /^customRoles.caecOperator.permissions.3 must match pattern/,
    },
    {
      name: 'a mapping that does not parse',
      file: 'access.yaml',
      from: 'attribute.ref: assertion.ref',
      to: 'attribute.ref: assertion.ref +',
      says: /^the expression is refused: /,
    },
    {
      name: 'a condition that gives no truth',
      file: 'access.yaml',
      from: 'resource.name.startsWith("projects/_/buckets/${buckets.dags}/objects/dags/") ||',
      to: '"a" +',
      says: /^the expression is refused: /,
      keyLinesAbove: 1,
    },
    {
      name: 'a condition on a name it cannot see',
      file: 'access.yaml',
      from: 'assertion.repository_id == "${github.repositoryId}"',
      to: 'google.subject == "x"',
      says: /google\.\* in a condition is not supported here/,
      keyLinesAbove: 2,
    },
    { name: 'broken YAML', file: 'access.yaml', from: 'version: 1', to: 'version: 1: 2', says: /./ },
    {
      name: 'a number that YAML would round',
      file: 'environment.yaml',
      from: "projectNumber: '100000000001'",
      to: 'projectNumber: 100000000001',
      says: 'projectNumber must be string',
    },
    {
      name: 'a bucket name Google refuses',
      file: 'environment.yaml',
      from: 'raw: caec-local-raw',
      to: 'raw: Caec_Local',
      says: /^buckets.raw must match pattern/,
    },
    {
      name: 'a workflow pinned to a branch by its short name',
      file: 'environment.yaml',
      from: 'deployWorkflow: any',
      to: 'deployWorkflow: octo/flows/.github/workflows/deploy.yml@main',
      says: /^github.deployWorkflow must match pattern/,
    },
    {
      name: 'one name twice',
      file: 'environment.yaml',
      from: 'lake: caec-local-lake',
      to: 'lake: caec-local-raw',
      says: "buckets.lake has the same name as buckets.raw: 'caec-local-raw'",
    },
    {
      name: "another project's account",
      file: 'environment.yaml',
      from: 'ops: caec-ops@caec-local.',
      to: 'ops: caec-ops@other-proj.',
      says: "serviceAccounts.ops is not an account of project 'caec-local'",
    },
  ]
  it.each(mistakes)('names file and line of $name', async ({ file, from, to, says, keyLinesAbove = 0 }) => {
    const line = await edit(file, from, to)
    const error = await load().then(
      () => undefined,
      (reason: Error) => reason,
    )
    expect(error?.name).toBe('ConfigurationError')
    const [, place, saidLine, text] = /^(.*?):(\d+): ([^]*)$/.exec(error!.message) ?? []
    expect(place).toBe(join(folder, file))
    // A folded expression is one value over several lines: the line is where the value's key stands.
    expect(Number(saidLine)).toBe(line - keyLinesAbove)
    if (typeof says === 'string') expect(text).toBe(says)
    else expect(text).toMatch(says)
  })
})

describe('a condition', () => {
  const bindings = async (expression: string) => {
    await edit(
      'access.yaml',
      'members: [analyst, composer, dbt, ci-deploy],',
      `members: [analyst], condition: { title: t, expression: '${expression}' },`,
    )
    const environment = await loadEnvironment(join(folder, 'environment.yaml'))
    const access = createAccess(
      await loadAccessFile(join(folder, 'access.yaml'), environment),
      environment,
      () => Date.parse('2026-11-23T12:00:00Z'),
    )
    return access.allows(
      { member: `serviceAccount:${environment.serviceAccounts.analyst}`, email: '', memberSets: [] },
      'bigquery.jobs.create',
      {
        name: 'projects/caec-local',
        type: 'T',
        service: 'S',
        attributes: { a: 'b' },
      },
    )
  }
  it.each([
    ['resource.name == "projects/caec-local" && resource.type == "T" && resource.service == "S"', true],
    ['resource.name.extract("projects/{p}-local") == "caec"', true],
    ['api.getAttribute("a", "") == "b" && api.getAttribute("none", "x") == "x"', true],
    ['api.getAttribute("toString", "x") == "x"', true],
    ['request.time < timestamp("2026-12-01T00:00:00Z")', true],
    ['request.time < timestamp("2026-11-01T00:00:00Z")', false],
    ['resource.missing == "x"', false],
    ['!(resource.missing == "x")', false],
  ])('%s is %s', async (expression, expected) => {
    expect(await bindings(expression)).toBe(expected)
  })
})

describe('extract', () => {
  it.each([
    ['projects/_/buckets/acme/objects/a', '/buckets/{b}/', 'acme'],
    ['order/001', 'order/{id}', '001'],
    ['a/b', '{first}/b', 'a'],
    ['a/b', '/x/{y}', ''],
    ['a/b/c', '/b{none}/d', ''],
  ])('of %s with %s is %s', (text, template, expected) => {
    expect(extract(text, template)).toBe(expected)
  })
  it('refuses a template without a hole', () => {
    expect(() => extract('a', 'a')).toThrow(/one \{name\}/)
  })
})
