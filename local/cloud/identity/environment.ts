/**
 * Reads environment.yaml: the names and sizes that services create and check against. It refuses names that
 * Google would refuse, and two environments that share one.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Environment } from '../kernel.ts'
import { readYamlFile, type YamlPath } from './yaml-file.ts'

/** The whole file; the kernel's Environment is the part that services read. */
export interface EnvironmentFile extends Environment {
  readonly name: string
  readonly network?: NonNullable<Environment['network']> & {
    readonly cloudNat: boolean
    readonly flowLogs: boolean
  }
  readonly buckets: Environment['buckets'] & { readonly state: string }
  readonly images: { readonly repository: string }
  readonly workloadIdentity: { readonly pool: string; readonly provider: string }
  readonly github: {
    readonly repository: string
    readonly repositoryId: string
    readonly repositoryOwnerId: string
    readonly environment: string
    readonly deployWorkflow: string
  }
}

const schemaFile = join(import.meta.dirname, '../../../terraform-infra/environment.schema.json')

export async function loadEnvironment(file: string): Promise<EnvironmentFile> {
  const { value, mistake } = await readYamlFile<EnvironmentFile>(file, schemaFile)
  for (const group of ['buckets', 'datasets', 'serviceAccounts'] as const) {
    const seen = new Map<string, string>()
    for (const [key, name] of Object.entries(value[group])) {
      if (seen.has(name))
        throw mistake(
          [group, key],
          `${group}.${key} has the same name as ${group}.${seen.get(name)}: '${name}'`,
        )
      seen.set(name, key)
    }
  }
  for (const [key, email] of Object.entries(value.serviceAccounts)) {
    if (!email.endsWith(`@${value.project}.iam.gserviceaccount.com`))
      throw mistake(
        ['serviceAccounts', key],
        `serviceAccounts.${key} is not an account of project '${value.project}'`,
      )
  }
  checkNetwork(value, mistake)
  return value
}

const NETWORK_PATH = /^projects\/[^/]+\/global\/networks\/[^/]+$/

/** Made here, by bare names, or there already, by full paths in the environment's region: never half of each. */
function checkNetwork(
  { network, region }: EnvironmentFile,
  mistake: (path: YamlPath, what: string) => Error,
): void {
  if (network === undefined) return
  const { range, vpc, subnetwork } = network
  if (range !== 'none') {
    for (const key of ['vpc', 'subnetwork'] as const)
      if (network[key].includes('/'))
        throw mistake(
          ['network', key],
          `network.${key} '${network[key]}' exists already, so nothing is made: write \`range: none\`, or a name of your own`,
        )
    return
  }
  const wrong = [
    NETWORK_PATH.test(vpc) ? undefined : (['vpc', 'projects/HOST/global/networks/NAME'] as const),
    new RegExp(`^projects/[^/]+/regions/${region}/subnetworks/[^/]+$`).test(subnetwork)
      ? undefined
      : (['subnetwork', `projects/HOST/regions/${region}/subnetworks/NAME`] as const),
  ].find((found) => found !== undefined)
  if (wrong)
    throw mistake(
      ['network', wrong[0]],
      `network.${wrong[0]} '${network[wrong[0]]}' does not say where it is: with \`range: none\` write ${wrong[1]}`,
    )
  for (const key of ['cloudNat', 'flowLogs'] as const)
    if (network[key])
      throw mistake(
        ['network', key],
        `network.${key} belongs to a network that is made; this one exists (\`range: none\`): write false`,
      )
}

/**
 * Every environment below the folder by the name of its own folder; a project or bucket belongs to one of
 * them.
 */
export async function loadEnvironments(folder: string): Promise<ReadonlyMap<string, EnvironmentFile>> {
  const environments = new Map<string, EnvironmentFile>()
  const owners = new Map<string, string>()
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name.localeCompare(b.name),
  )) {
    if (!entry.isDirectory()) continue
    const file = join(folder, entry.name, 'environment.yaml')
    const { mistake } = await readYamlFile<EnvironmentFile>(file, schemaFile)
    const environment = await loadEnvironment(file)
    if (environment.name !== basename(dirname(file)))
      throw mistake(['name'], `name must be the folder's name: '${entry.name}', not '${environment.name}'`)
    const names = [
      ['project'],
      ['projectNumber'],
      ...Object.keys(environment.buckets).map((bucket) => ['buckets', bucket]),
    ]
    for (const path of names) {
      const value =
        path.length === 1
          ? environment[path[0] as 'project' | 'projectNumber']
          : environment.buckets[path[1] as keyof EnvironmentFile['buckets']]
      const owner = owners.get(`${path[0]} ${value}`)
      if (owner)
        throw mistake(
          path,
          `${path.join('.')} '${value}' belongs to the environment '${owner}' already; every environment has a project and buckets of its own`,
        )
      owners.set(`${path[0]} ${value}`, entry.name)
    }
    environments.set(entry.name, environment)
  }
  return environments
}
