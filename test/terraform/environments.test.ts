/**
 * The environments as files: the same keys in each, no name in two of them, mistakes named with what to write
 * instead; and the variables that workflows read.
 */
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { loadAccessFile } from '../../local/cloud/identity/access-file.ts'
import { loadEnvironments } from '../../local/cloud/identity/environment.ts'
import { readGithubEnvironment } from '../../local/runner/environment-vars.ts'
import { repoRoot } from '../support/cloud.ts'

const source = join(repoRoot, 'terraform-infra/environments')
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'environments '))
  await cp(source, folder, { recursive: true, filter: (path) => !path.includes('.terraform') })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function edit(environment: string, from: string | RegExp, to: string): Promise<void> {
  const file = join(folder, environment, 'environment.yaml')
  const text = await readFile(file, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`nothing in ${file} is ${String(from)}`)
  await writeFile(file, changed)
}

const keysOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner)]))
    : typeof value

it('have the same keys with values of the same kind, and a service account for each identity of access.yaml', async () => {
  const environments = await loadEnvironments(source)
  expect([...environments.keys()]).toEqual(['dev', 'prod'])
  const [dev, prod] = await Promise.all(
    ['dev', 'prod'].map(async (name) =>
      parse(await readFile(join(source, name, 'environment.yaml'), 'utf8')),
    ),
  )
  expect(keysOf(prod)).toEqual(keysOf(dev))
  for (const environment of environments.values()) {
    const { identities } = await loadAccessFile(join(repoRoot, 'terraform-infra/access.yaml'), environment)
    expect(Object.keys(environment.serviceAccounts).sort()).toEqual(Object.keys(identities).sort())
  }
})

it.each([
  [
    'two environments with one project',
    'prod',
    /caec-prod/g,
    'caec-local',
    /prod\/environment\.yaml:\d+.*project 'caec-local' belongs to the environment 'dev' already; every environment has a project and buckets of its own/,
  ],
  [
    'two environments with one bucket',
    'prod',
    'lake: caec-prod-lake',
    'lake: caec-local-lake',
    /buckets\.lake 'caec-local-lake' belongs to the environment 'dev' already/,
  ],
  [
    'two environments with one project number',
    'prod',
    '100000000002',
    '100000000001',
    /projectNumber '100000000001' belongs to the environment 'dev' already/,
  ],
  [
    'a name that is not the folder',
    'prod',
    'name: prod',
    'name: production',
    /name must be the folder's name: 'prod', not 'production'/,
  ],
  [
    'an unknown region',
    'dev',
    'region: us-central1',
    'region: mars-north1',
    /dev\/environment\.yaml:\d+.*region must be one of africa-south1, .*us-central1/,
  ],
  [
    'an over-long project',
    'dev',
    'project: caec-local',
    `project: caec-${'x'.repeat(30)}`,
    /project must match pattern/,
  ],
  [
    'a network that is half made',
    'dev',
    'subnetwork: caec',
    'subnetwork: projects/host/regions/us-central1/subnetworks/shared',
    /dev\/environment\.yaml:\d+.*network\.subnetwork 'projects\/host\/.*' exists already, so nothing is made: write `range: none`/,
  ],
  [
    'an existing network by its bare name',
    'dev',
    'range: 10.84.0.0/22',
    'range: none',
    /network\.vpc 'caec' does not say where it is: with `range: none` write projects\/HOST\/global\/networks\/NAME/,
  ],
  [
    'a subnet of another region',
    'dev',
    /vpc: caec\n {2}subnetwork: caec\n {2}range: .*\n/,
    'vpc: projects/host/global/networks/shared\n  subnetwork: projects/host/regions/europe-west1/subnetworks/shared\n  range: none\n',
    /network\.subnetwork 'projects\/host\/regions\/europe-west1\/subnetworks\/shared' does not say where it is: .*regions\/us-central1\/subnetworks\/NAME/,
  ],
  [
    'NAT of a network that belongs to somebody else',
    'prod',
    /vpc: caec\n {2}subnetwork: caec\n {2}range: .*\n/,
    'vpc: projects/host/global/networks/shared\n  subnetwork: projects/host/regions/us-central1/subnetworks/shared\n  range: none\n',
    /network\.flowLogs belongs to a network that is made; this one exists \(`range: none`\): write false/,
  ],
  ['an unknown key', 'dev', 'retention:', 'retentoin: {}\nretention:', /has no field 'retentoin'/],
  ['a missing key', 'dev', /^alerts:\n( .*\n)+/m, '', /lacks 'alerts'/],
])('refuse %s', async (_name, environment, from, to, says) => {
  await edit(environment, from, to)
  await expect(loadEnvironments(folder)).rejects.toThrow(says)
})

it.each([
  ['made here', '', 'SUBNETWORK=projects/caec-local/regions/us-central1/subnetworks/caec'],
  [
    'of a shared VPC',
    'network:\n  vpc: projects/host/global/networks/shared\n  subnetwork: projects/host/regions/us-central1/subnetworks/shared\n  range: none\n  cloudNat: false\n  flowLogs: false\n  attachComposer: false\n',
    'SUBNETWORK=projects/host/regions/us-central1/subnetworks/shared',
  ],
  ['not named', '\n', undefined],
])('give workflows the subnet that is %s', async (_name, group, line) => {
  if (group) await edit('dev', /^network:\n( .*\n)+/m, group)
  await loadEnvironments(folder)
  const { vars } = await readGithubEnvironment(folder, 'dev/environment.yaml')
  expect(vars.SUBNETWORK).toBe(line?.slice('SUBNETWORK='.length))
})

it('print the variables of one GitHub environment in the form that gh reads, and name the choices when there is no such environment', () => {
  const run = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(repoRoot, 'scripts/environment.ts'), ...args],
      { encoding: 'utf8' },
    )
  const said = run('prod')
  expect(said).toMatchObject({ status: 0, stderr: '' })
  for (const line of said.stdout.trimEnd().split('\n')) expect(line).toMatch(/^[A-Z_]+=[^\s'"$`\\]+$/)
  expect(said.stdout).toContain('\nSUBNETWORK=projects/caec-prod/regions/us-central1/subnetworks/caec\n')
  expect(said.stdout).toContain(
    'STATE_BUCKET=caec-prod-state\nIMAGE_REPOSITORY=us-central1-docker.pkg.dev/caec-prod/caec\n',
  )
  expect(run('staging')).toMatchObject({
    status: 1,
    stderr: 'npm run environment: there is no environment staging. Write one of: dev, prod.\n',
  })
})

it('take five commands and the grant on the state to begin with, as the page says', async () => {
  const page = await readFile(join(repoRoot, 'docs/terraform.md'), 'utf8')
  const [, bootstrap = ''] = page.split('\n## Bootstrap\n')
  const [first = '', grant = ''] = [...bootstrap.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) =>
    text!.trim(),
  )
  expect([first.split('\n').length, grant.split('\n').length]).toEqual([5, 1])
  expect(first).toMatch(/terraform apply$/)
  expect(bootstrap).toContain('granted after the first apply by a sixth command')
  expect(grant).toContain('caec-ci-plan@$PROJECT.iam.gserviceaccount.com')
})

it('name a Composer image of the Airflow that the DAG is tested with, but for its last number', async () => {
  // Its images trail the newest patch, and bring providers of their own.
  const lock = await readFile(join(repoRoot, 'local/toolchain/locks/airflow.in'), 'utf8')
  const [, tested] = /^apache-airflow-core==(\d+\.\d+)\./m.exec(lock)!
  for (const name of ['dev', 'prod']) {
    const { composer } = parse(await readFile(join(source, name, 'environment.yaml'), 'utf8')) as {
      composer: { imageVersion: string }
    }
    expect(composer.imageVersion).toMatch(new RegExp(`^composer-3-airflow-${tested!.replace('.', '\\.')}\\.`))
  }
})
