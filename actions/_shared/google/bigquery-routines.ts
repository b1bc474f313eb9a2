/**
 * Functions of BigQuery as domain values (routines of the v2 REST API). They have no labels: what a view has as
 * labels stands in the last line of the description. It refuses to choose, and to write over what changed.
 * https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/routines
 */
import type { ExistingView, Routine, RoutineType, TableName, ViewContent } from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { readMarkedText, writeMarkedText } from '../ownership.ts'
import { bigQueryRequest, datasetOf, spelled, unlessMissing } from './bigquery.ts'
import { askBigQuery, type BigQueryAsk } from './bigquery-client.ts'
import type { Google } from './connect.ts'
import { allPages } from './pages.ts'

type Members = Readonly<Record<string, unknown>>
interface RoutineResource extends Members {
  readonly etag?: string
  readonly routineReference: {
    readonly projectId: string
    readonly datasetId: string
    readonly routineId: string
  }
  readonly routineType?: string
  readonly language?: string
  readonly description?: string
  readonly definitionBody?: string
  readonly importedLibraries?: readonly string[]
  readonly determinismLevel?: string
  readonly creationTime?: string
  readonly arguments?: readonly { readonly name?: string; readonly dataType?: RoutineType }[]
  readonly returnType?: RoutineType
  readonly returnTableType?: {
    readonly columns?: readonly { readonly name: string; readonly type: RoutineType }[]
  }
  readonly remoteFunctionOptions?: unknown
}

const OUTPUT_ONLY = ['etag', 'creationTime', 'lastModifiedTime', 'buildStatus']
const ask = (verb: string, name: TableName): BigQueryAsk => ({
  method: `bigquery.routines.${verb}`,
  resource: spelled(name),
  has: 'routineReference',
})
const pathOf = ({ datasetId, tableId }: TableName): string =>
  `/datasets/${encodeURIComponent(datasetId)}/routines/${encodeURIComponent(tableId)}`

const read = (google: Google, name: TableName): Promise<RoutineResource | undefined> =>
  unlessMissing(
    askBigQuery<RoutineResource>(google, ask('get', name), (client) =>
      datasetOf(client, name).routine(name.tableId).getMetadata(),
    ),
  )

/** As a view: its body is the query, its kind the type; of another language than SQL with that before it. */
export async function getRoutine(google: Google, name: TableName): Promise<ExistingView | undefined> {
  const found = await read(google, name)
  if (found === undefined) return undefined
  const { text, labels } = readMarkedText(found.description ?? '')
  const language = found.remoteFunctionOptions === undefined ? (found.language ?? 'SQL') : 'REMOTE'
  const type = found.routineType ?? 'SCALAR_FUNCTION'
  return {
    type: language === 'SQL' ? type : `${language}_${type}`,
    etag: found.etag ?? '',
    query: found.definitionBody,
    description: text === '' ? undefined : text,
    labels,
    columns: [],
    createdMs: Number(found.creationTime ?? 0),
    routine: signatureOf(found),
  }
}

function signatureOf({
  language,
  importedLibraries,
  determinismLevel,
  routineType,
  arguments: given,
  returnType,
  returnTableType,
}: RoutineResource): Routine {
  return {
    kind: routineType === 'TABLE_VALUED_FUNCTION' ? routineType : 'SCALAR_FUNCTION',
    arguments: (given ?? []).map(({ name, dataType }) => ({
      name: name ?? '',
      ...(dataType === undefined ? {} : { dataType }),
    })),
    ...(language === 'JAVASCRIPT' ? { language } : {}),
    ...(importedLibraries === undefined ? {} : { libraries: importedLibraries }),
    ...(determinismLevel === 'DETERMINISTIC' || determinismLevel === 'NOT_DETERMINISTIC'
      ? { determinism: determinismLevel }
      : {}),
    ...(returnType === undefined ? {} : { returnType }),
    ...(returnTableType?.columns === undefined ? {} : { returnTable: returnTableType.columns }),
  }
}

/** Routines of a dataset with what they are marked with. */
export async function listRoutines(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<{ name: TableName; labels: Readonly<Record<string, string>> }[]> {
  const ask = { method: 'bigquery.routines.list', resource: `${projectId}:${datasetId}` }
  const pages = await allPages(ask, (pageToken) =>
    bigQueryRequest<{ routines?: RoutineResource[]; nextPageToken?: string }>(google, projectId, {
      verb: 'GET',
      path: `/datasets/${encodeURIComponent(datasetId)}/routines`,
      // Without it no description is shown.
      query: { maxResults: 1000, pageToken, readMask: 'routineReference,description' },
      ...ask,
    }),
  )
  return pages.flatMap(({ routines }) =>
    (routines ?? []).map(({ routineReference, description }) => ({
      name: { projectId, datasetId, tableId: routineReference.routineId, isRoutine: true as const },
      labels: readMarkedText(description ?? '').labels,
    })),
  )
}

/** Repeated when its answer is lost: then the name is taken, and what is there says by whom. */
export async function createRoutine(google: Google, name: TableName, content: ViewContent): Promise<void> {
  const language = content.routine?.language ?? 'SQL'
  const body = members({ routineType: content.routine?.kind, language }, content)
  await askBigQuery(google, { ...ask('insert', name), isRepeatable: true }, (client) =>
    datasetOf(client, name).createRoutine(name.tableId, body),
  ).catch(async (error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 409)) throw error
    const found = await read(google, name)
    // The description holds the owner and a digest of the file: an equal one is of this very change.
    if (found?.description !== body.description || found?.definitionBody !== body.definitionBody) throw error
  })
}

/** BigQuery has no PATCH for routines: the whole resource goes back as it was read, with our members replaced. */
export async function updateRoutine(
  google: Google,
  name: TableName,
  content: ViewContent,
  etag?: string,
): Promise<void> {
  const found = await read(google, name)
  const kept: Members = Object.fromEntries(
    Object.entries(found ?? {}).filter(([member]) => !OUTPUT_ONLY.includes(member)),
  )
  await bigQueryRequest(google, name.projectId, {
    ...ask('update', name),
    verb: 'PUT',
    path: pathOf(name),
    headers: { 'If-Match': etag ?? found?.etag ?? '' },
    json: members({ ...kept, routineReference: referenceOf(name) }, content),
  })
}

export async function deleteRoutine(google: Google, name: TableName, etag: string): Promise<void> {
  await unlessMissing(
    bigQueryRequest(google, name.projectId, {
      verb: 'DELETE',
      path: pathOf(name),
      headers: { 'If-Match': etag },
      method: 'bigquery.routines.delete',
      resource: spelled(name),
    }),
  )
}

const referenceOf = ({ projectId, datasetId, tableId }: TableName): RoutineResource['routineReference'] => ({
  projectId,
  datasetId,
  routineId: tableId,
})

function members(
  before: Members,
  { query, description, labels, routine }: ViewContent,
): Record<string, unknown> {
  const text =
    description ?? readMarkedText(typeof before.description === 'string' ? before.description : '').text
  const { returnType: _type, returnTableType: _table, ...others } = before
  return {
    ...(routine === undefined ? before : others),
    ...(query === undefined ? {} : { definitionBody: query }),
    ...(routine === undefined
      ? {}
      : {
          arguments: routine.arguments.map(({ name, dataType }) => ({
            name,
            ...(dataType === undefined
              ? { argumentKind: 'ANY_TYPE' }
              : { argumentKind: 'FIXED_TYPE', dataType }),
          })),
          ...(routine.libraries === undefined ? {} : { importedLibraries: routine.libraries }),
          ...(routine.determinism === undefined ? {} : { determinismLevel: routine.determinism }),
          ...(routine.returnType === undefined ? {} : { returnType: routine.returnType }),
          ...(routine.returnTable === undefined ? {} : { returnTableType: { columns: routine.returnTable } }),
        }),
    description: writeMarkedText(text, labels),
  }
}
