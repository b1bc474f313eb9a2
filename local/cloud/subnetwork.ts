/**
 * The subnet that an environment's batches run in, by its full path; it knows one subnet and judges no other
 * project's.
 */
interface Place {
  readonly project: string
  readonly region: string
  readonly network?: { readonly subnetwork: string }
}

/** `undefined` when the environment names none: then Google takes the region's subnet `default`. */
export const subnetworkOf = ({ project, region, network }: Place): string | undefined =>
  network === undefined ? undefined : fullPath(network.subnetwork, project, region)

const fullPath = (name: string, project: string, region: string): string =>
  name.includes('/') ? name : `projects/${project}/regions/${region}/subnetworks/${name}`

/**
 * The path of a subnet that a request names and that is not there. Where the environment says which there is,
 * nothing else is, but for `default`; of other projects this cloud knows nothing.
 */
export function missingSubnetwork(environment: Place, given: string): string | undefined {
  const known = subnetworkOf(environment)
  if (known === undefined) return undefined
  const { project, region } = environment
  const path = fullPath(
    given
      .replace(/^https:\/\/www\.googleapis\.com\/compute\/v1\//, '')
      .replace(/^regions\//, `projects/${project}/regions/`),
    project,
    region,
  )
  const isHere = path.startsWith(`projects/${project}/`)
  return !isHere || path === known || path === fullPath('default', project, region) ? undefined : path
}
