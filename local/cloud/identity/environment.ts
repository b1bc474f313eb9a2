/** Reads environment.yaml: the names and sizes that services create and check against. It refuses names that Google would refuse. */
import { join } from 'node:path'
import type { Environment } from '../kernel.ts'
import { readYamlFile } from './yaml-file.ts'

/** The whole file; the kernel's Environment is the part that services read. */
export interface EnvironmentFile extends Environment {
  readonly workloadIdentity: { readonly pool: string; readonly provider: string }
  readonly github: { readonly repository: string; readonly repositoryId: string; readonly repositoryOwnerId: string; readonly environment: string }
}

const schemaFile = join(import.meta.dirname, '../../../terraform-infra/environment.schema.json')

export async function loadEnvironment(file: string): Promise<EnvironmentFile> {
  const { value, mistake } = await readYamlFile<EnvironmentFile>(file, schemaFile)
  for (const group of ['buckets', 'datasets', 'serviceAccounts'] as const) {
    const seen = new Map<string, string>()
    for (const [key, name] of Object.entries(value[group])) {
      if (seen.has(name)) throw mistake([group, key], `${group}.${key} has the same name as ${group}.${seen.get(name)}: '${name}'`)
      seen.set(name, key)
    }
  }
  for (const [key, email] of Object.entries(value.serviceAccounts)) {
    if (!email.endsWith(`@${value.project}.iam.gserviceaccount.com`))
      throw mistake(['serviceAccounts', key], `serviceAccounts.${key} is not an account of project '${value.project}'`)
  }
  return value
}
