/**
 * Google's words for a refused permission, which differ by service. It says what lacks and where, nothing
 * about who else has it.
 */
import { CloudError, type Principal, type Resource } from '../kernel.ts'

export function denial(principal: Principal, permission: string, resource: Resource): CloudError {
  if (resource.service === 'storage.googleapis.com') return storageDenial(principal, permission, resource)
  if (resource.service === 'bigquery.googleapis.com' || permission.startsWith('bigquery.'))
    return bigQueryDenial(permission, resource)
  return rpcDenial(permission, resource)
}

function storageDenial(principal: Principal, permission: string, resource: Resource): CloudError {
  const what =
    resource.name.includes('/objects/') || resource.type.endsWith('/Object')
      ? 'object'
      : resource.name.includes('/buckets/')
        ? 'bucket'
        : 'project'
  const target = what === 'project' ? 'the Google Cloud project' : `the Google Cloud Storage ${what}`
  const message = `${principal.email} does not have ${permission} access to ${target}. Permission '${permission}' denied on resource (or it may not exist).`
  return new CloudError(403, 'forbidden', message)
}

function bigQueryDenial(permission: string, resource: Resource): CloudError {
  const [, project = '', dataset, table] =
    /^projects\/([^/]+)(?:\/datasets\/([^/]+)(?:\/(?:tables|routines)\/([^/]+))?)?/.exec(resource.name) ?? []
  if (dataset === undefined)
    return new CloudError(
      403,
      'accessDenied',
      `Access Denied: Project ${project}: User does not have ${permission} permission in project ${project}.`,
    )
  const kind = table === undefined ? 'Dataset' : resource.name.includes('/routines/') ? 'Routine' : 'Table'
  const name = `${project}:${dataset}${table === undefined ? '' : `.${table}`}`
  return new CloudError(
    403,
    'accessDenied',
    `Access Denied: ${kind} ${name}: Permission ${permission} denied on ${kind.toLowerCase()} ${name} (or it may not exist).`,
  )
}

/** AIP-193: the ErrorInfo is what clients branch on. */
function rpcDenial(permission: string, resource: Resource): CloudError {
  const isAccount = resource.name.includes('/serviceAccounts/')
  const target = !isAccount
    ? `'${resource.name}'`
    : permission === 'iam.serviceAccounts.actAs'
      ? `service account ${resource.name.split('/').at(-1)} (or it may not exist)`
      : 'resource (or it may not exist)'
  return new CloudError(
    403,
    'forbidden',
    `Permission '${permission}' denied on ${target}${isAccount ? '.' : ''}`,
    {
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'IAM_PERMISSION_DENIED',
          domain: resource.service,
          metadata: { permission, ...(isAccount ? {} : { resource: resource.name }) },
        },
      ],
    },
  )
}
