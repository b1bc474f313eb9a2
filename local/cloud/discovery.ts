/**
 * The discovery document of the local BigQuery, which Google's `bq` builds itself from before its first request. It names
 * the methods, paths and parameters that the tool calls, and holds no types: what a value may be, the service judges.
 */
import { CloudError, type Route, type Service } from './kernel.ts'

const page = 'maxResults:integer pageToken:string'
/** One method a line: name, HTTP method, path, query parameters. `+`: it has a body; `^`: media may be uploaded. */
const METHODS = `
datasets.delete DELETE projects/{projectId}/datasets/{datasetId} deleteContents:boolean
datasets.get GET projects/{projectId}/datasets/{datasetId} accessPolicyVersion:integer datasetView:string
datasets.insert POST+ projects/{projectId}/datasets accessPolicyVersion:integer
datasets.list GET projects/{projectId}/datasets all:boolean filter:string ${page}
datasets.patch PATCH+ projects/{projectId}/datasets/{datasetId} accessPolicyVersion:integer updateMode:string
datasets.undelete POST+ projects/{projectId}/datasets/{datasetId}:undelete
datasets.update PUT+ projects/{projectId}/datasets/{datasetId} accessPolicyVersion:integer updateMode:string
jobs.cancel POST projects/{projectId}/jobs/{jobId}/cancel location:string
jobs.delete DELETE projects/{projectId}/jobs/{jobId}/delete location:string
jobs.get GET projects/{projectId}/jobs/{jobId} location:string
jobs.getQueryResults GET projects/{projectId}/queries/{jobId} location:string startIndex:string timeoutMs:integer ${page}
jobs.insert POST+^ projects/{projectId}/jobs
jobs.list GET projects/{projectId}/jobs allUsers:boolean maxCreationTime:string minCreationTime:string parentJobId:string projection:string stateFilter:string ${page}
jobs.query POST+ projects/{projectId}/queries
models.delete DELETE projects/{projectId}/datasets/{datasetId}/models/{modelId}
models.get GET projects/{projectId}/datasets/{datasetId}/models/{modelId}
models.list GET projects/{projectId}/datasets/{datasetId}/models ${page}
models.patch PATCH+ projects/{projectId}/datasets/{datasetId}/models/{modelId}
projects.getServiceAccount GET projects/{projectId}/serviceAccount
projects.list GET projects ${page}
routines.delete DELETE projects/{projectId}/datasets/{datasetId}/routines/{routineId}
routines.get GET projects/{projectId}/datasets/{datasetId}/routines/{routineId} readMask:string
routines.insert POST+ projects/{projectId}/datasets/{datasetId}/routines
routines.list GET projects/{projectId}/datasets/{datasetId}/routines filter:string readMask:string ${page}
routines.update PUT+ projects/{projectId}/datasets/{datasetId}/routines/{routineId}
rowAccessPolicies.insert POST+ projects/{projectId}/datasets/{datasetId}/tables/{tableId}/rowAccessPolicies
rowAccessPolicies.list GET projects/{projectId}/datasets/{datasetId}/tables/{tableId}/rowAccessPolicies pageSize:integer pageToken:string
tabledata.insertAll POST+ projects/{projectId}/datasets/{datasetId}/tables/{tableId}/insertAll
tabledata.list GET projects/{projectId}/datasets/{datasetId}/tables/{tableId}/data selectedFields:string startIndex:string ${page}
tables.delete DELETE projects/{projectId}/datasets/{datasetId}/tables/{tableId}
tables.get GET projects/{projectId}/datasets/{datasetId}/tables/{tableId} selectedFields:string view:string
tables.getIamPolicy POST+ {+resource}:getIamPolicy
tables.insert POST+ projects/{projectId}/datasets/{datasetId}/tables
tables.list GET projects/{projectId}/datasets/{datasetId}/tables ${page}
tables.patch PATCH+ projects/{projectId}/datasets/{datasetId}/tables/{tableId} autodetect_schema:boolean
tables.setIamPolicy POST+ {+resource}:setIamPolicy
tables.testIamPermissions POST+ {+resource}:testIamPermissions
tables.update PUT+ projects/{projectId}/datasets/{datasetId}/tables/{tableId} autodetect_schema:boolean
`

export function createDiscovery(origin: string): Service {
  const document = describe(origin)
  const route: Route = {
    id: 'local.discovery',
    method: 'GET',
    path: '/$discovery/rest',
    isPublic: true,
    handler: ({ url }) => {
      const version = url.searchParams.get('version')
      if (version !== 'v2')
        throw new CloudError(
          404,
          'notFound',
          `The local cloud describes BigQuery v2 only, not '${version ?? ''}'.`,
        )
      return { json: document }
    },
  }
  return { name: 'discovery', errorStyle: 'rpc', routes: [route] }
}

function describe(origin: string): Record<string, unknown> {
  const resources: Record<string, { methods: Record<string, unknown> }> = {}
  for (const line of METHODS.trim().split('\n')) {
    const [id = '', verb = '', path = '', ...query] = line.split(' ')
    const [resource = '', name = ''] = id.split('.')
    const inPath = [...path.matchAll(/\{\+?(\w+)\}/g)].map(([, key]) => key!)
    const parameters = Object.fromEntries([
      ...inPath.map((key) => [key, { type: 'string', location: 'path', required: true }]),
      ...query.map((word) => [word.split(':')[0], { type: word.split(':')[1], location: 'query' }]),
    ]) as Record<string, unknown>
    const methods = (resources[resource] ??= { methods: {} }).methods
    methods[name] = {
      id: `bigquery.${id}`,
      httpMethod: /^[A-Z]+/.exec(verb)![0],
      path,
      parameters,
      parameterOrder: inPath,
      ...(verb.includes('+') ? { request: { $ref: 'Anything' } } : {}),
      ...(verb.startsWith('DELETE') ? {} : { response: { $ref: 'Anything' } }),
      ...(verb.includes('^') ? media(path) : {}),
    }
  }
  return {
    kind: 'discovery#restDescription',
    id: 'bigquery:v2',
    name: 'bigquery',
    version: 'v2',
    title: 'BigQuery of the local cloud',
    protocol: 'rest',
    // bq puts gcloud's override in the place of the first, and that ends with the service's path already.
    rootUrl: `${origin}/bigquery/v2/`,
    servicePath: '',
    baseUrl: `${origin}/bigquery/v2/`,
    basePath: '/bigquery/v2/',
    batchPath: 'batch/bigquery/v2',
    parameters: Object.fromEntries(
      ['alt', 'fields', 'key', 'prettyPrint', 'quotaUser', 'userIp', '$.xgafv', 'trace'].map((name) => [
        name,
        { type: 'string', location: 'query' },
      ]),
    ),
    auth: { oauth2: { scopes: { 'https://www.googleapis.com/auth/cloud-platform': { description: '' } } } },
    schemas: { Anything: { id: 'Anything', type: 'object', additionalProperties: { type: 'any' } } },
    resources,
  }
}

const media = (path: string): Record<string, unknown> => ({
  supportsMediaUpload: true,
  mediaUpload: {
    accept: ['*/*'],
    protocols: {
      simple: { multipart: true, path: `/upload/bigquery/v2/${path}` },
      resumable: { multipart: true, path: `/resumable/upload/bigquery/v2/${path}` },
    },
  },
})
