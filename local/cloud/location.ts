/**
 * Where a `projects/P/locations/L` request points: the one project and region of this cloud, under either of
 * the project's names.
 */
import { CloudError, type CloudRequest, type Environment, type Access, type Resource } from './kernel.ts'

/**
 * Permission first, so that nobody learns what exists; then the location. Returns the resource's name under
 * the project id.
 */
export function requireAt(
  request: CloudRequest,
  rooms: { readonly access: Access; readonly environment: Environment },
  permission: string,
  resource: { readonly tail: string; readonly type: string },
): string {
  const { project, location } = request.params as { project: string; location: string }
  const { environment, access } = rooms
  const own = project === environment.projectNumber ? environment.project : project
  const parent = `projects/${own}/locations/${location}`
  access.require(request.principal, permission, {
    name: parent + resource.tail,
    type: resource.type,
    service: resource.type.split('/')[0]!,
  } satisfies Resource)
  if (location !== environment.region) {
    throw new CloudError(
      501,
      'notImplemented',
      `The location ${JSON.stringify(location.slice(0, 50))} is not served by the local cloud, which has ${environment.region}.`,
    )
  }
  return parent + resource.tail
}
