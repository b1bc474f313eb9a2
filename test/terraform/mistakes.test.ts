/**
 * What a person reads who wrote a wrong name: Terraform's own validation says what to write instead, before
 * anything is made.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { missingTools, openWorkspace, type Workspace } from './terraform.ts'

const check = missingTools.length === 0 ? describe : describe.skip

check('a mistake in environment.yaml', () => {
  let workspace: Workspace
  let original: string
  const file = () => join(workspace.folder, 'environments/dev/environment.yaml')
  beforeAll(async () => {
    workspace = await openWorkspace()
    original = await readFile(file(), 'utf8')
    expect(await workspace.run('environments/dev', 'init', '-no-color', '-input=false')).toMatchObject({
      code: 0,
    })
  }, 600_000)
  afterAll(() => workspace?.close())

  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'an unknown region',
      'region: us-central1',
      'region: mars-north1',
      /region 'mars-north1' is unknown: write one of africa-south1, .*us-central1/,
    ],
    [
      'an over-long project',
      'project: caec-local',
      `project: caec-${'x'.repeat(30)}`,
      /project 'caec-x+' \(35 characters\) is no project id: write 6 to 30 lower-case letters/,
    ],
    [
      'an over-long account',
      'caec-data-eng@',
      'caec-data-engineering-of-the-platform@',
      /serviceAccounts\.data-eng 'caec-data-engineering-of-the-platform@caec-local\.iam\.gserviceaccount\.com': write NAME@caec-local\.iam\.gserviceaccount\.com with a NAME of 6 to 30/,
    ],
    [
      'an over-long bucket',
      'lake: caec-local-lake',
      `lake: ${'x'.repeat(64)}`,
      /buckets\.lake 'x+' \(64 characters\): write 3 to 63 lower-case letters/,
    ],
    [
      'a missing group',
      /^alerts:\n( .*\n)+/m,
      '',
      /environment\.yaml lacks alerts: write the keys that the other environments have/,
    ],
    [
      'a missing key',
      / {2}maxWorkers: .*\n/,
      '',
      /environment\.yaml lacks composer\.maxWorkers: write the keys/,
    ],
    [
      'an unknown key',
      'retention:',
      'retentoin: {}\nretention:',
      /environment\.yaml has the unknown key retentoin: remove it, or write one of alerts, /,
    ],
    [
      'a number that lost its quotes',
      "projectNumber: '100000000001'",
      'projectNumber: x100',
      /projectNumber 'x100' is no project number: write what `gcloud projects describe/,
    ],
    [
      'a name that is not the folder',
      'name: dev',
      'name: development',
      /name is 'development': write 'dev', the name of the folder/,
    ],
    [
      'a network that is half made',
      'subnetwork: caec',
      'subnetwork: projects/host/regions/us-central1/subnetworks/shared',
      /network\.range is '10\.84\.0\.0\/22', so the network is made, and projects\/host\/.* is no name for it: write lower-case letters/,
    ],
    [
      'an existing network by its bare name',
      'range: 10.84.0.0/22',
      'range: none',
      /network\.range is 'none', so the network exists, and caec, caec does not say where: write vpc: projects\/HOST\//,
    ],
    [
      'a key that the group of the network lacks',
      '  cloudNat: false\n',
      '',
      /environment\.yaml lacks network\.cloudNat: write the keys/,
    ],
    [
      'another environment with the same project',
      /caec-local/g,
      'caec-prod',
      /Two environments share buckets\.dags 'caec-prod-dags' \(also prod\), .*project 'caec-prod' \(also prod\).*: write a project and buckets of this environment's own/,
    ],
  ])('%s', async (_name, from, to, says) => {
    const changed = original.replace(from, to)
    expect(changed).not.toBe(original)
    await writeFile(file(), changed)
    const { code, text } = await workspace.run(
      'environments/dev',
      'plan',
      '-no-color',
      '-input=false',
      '-lock=false',
    )
    expect(text).toMatch(says)
    expect(code).toBe(1)
  })
})

check('a mistake in the use of a module', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
  }, 600_000)
  afterAll(() => workspace?.close())

  it('a missing variable is named, and nothing is asked at a prompt', async () => {
    const example = join(workspace.folder, 'modules/gcs_bucket/examples/basic/main.tf')
    await writeFile(example, (await readFile(example, 'utf8')).replace(/ {2}location.*\n/, ''))
    await workspace.run('modules/gcs_bucket/examples/basic', 'init', '-no-color', '-input=false')
    const { code, text } = await workspace.run(
      'modules/gcs_bucket/examples/basic',
      'plan',
      '-no-color',
      '-input=false',
    )
    expect(text).toMatch(/The argument "location" is required, but no definition was found/)
    expect(code).toBe(1)
  })

  it('a misspelt argument of a resource is refused by the schema', async () => {
    const main = join(workspace.folder, 'modules/gcs_bucket/main.tf')
    await writeFile(
      main,
      (await readFile(main, 'utf8')).replace('public_access_prevention', 'public_acess_prevention'),
    )
    await workspace.run('modules/gcs_bucket', 'init', '-no-color', '-input=false')
    expect(await workspace.run('modules/gcs_bucket', 'validate', '-no-color')).toMatchObject({
      code: 1,
      text: expect.stringMatching(/An argument named "public_acess_prevention" is not expected here/),
    })
  })
})
