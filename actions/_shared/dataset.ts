/** What a BigQuery dataset holds, in the words of the actions; it knows no request. */

export interface TableName { readonly projectId: string; readonly datasetId: string; readonly tableId: string }
export interface Column { readonly name: string; readonly type: string; readonly mode?: string; readonly fields?: readonly Column[] }
export interface ExistingView { readonly type: string; readonly etag: string; readonly query?: string; readonly description: string; readonly labels: Readonly<Record<string, string>>; readonly columns: readonly Column[] }
/** An access entry as BigQuery sends it; unknown members travel back untouched. */
export type AccessEntry = Readonly<Record<string, unknown>> & { readonly view?: TableName }
export interface DatasetAccess { readonly datasetId: string; readonly projectId: string; readonly etag: string; readonly location: string; readonly access: readonly AccessEntry[] }
