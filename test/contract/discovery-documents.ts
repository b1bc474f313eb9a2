/**
 * Reads Google's discovery documents and finds the method a request means; it knows no local service and
 * refuses a document of another shape.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'

export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly readOnly?: boolean
  readonly description?: string
  readonly annotations?: { readonly required?: readonly string[] }
}
/** What Google only answers; a client that sends back what it read sends it, too. */
export const isAnswered = ({ readOnly, description = '' }: Schema): boolean =>
  readOnly === true || /^(Optional\. )?\[?output[ -]only/i.test(description)

export interface Parameter extends Schema {
  readonly location: 'path' | 'query'
  readonly required?: boolean
  readonly repeated?: boolean
}
export interface Method {
  readonly id: string
  readonly httpMethod: string
  readonly path: string
  readonly flatPath?: string
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly request?: { readonly $ref: string }
  readonly response?: { readonly $ref: string }
  readonly supportsMediaDownload?: boolean
  readonly mediaUpload?: { readonly protocols: Readonly<Record<string, { readonly path: string }>> }
}
interface Resource {
  readonly methods?: Readonly<Record<string, Method>>
  readonly resources?: Readonly<Record<string, Resource>>
}
export interface Document extends Resource {
  readonly name: string
  readonly version: string
  readonly revision: string
  readonly servicePath: string
  readonly batchPath?: string
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly schemas: Readonly<Record<string, Schema>>
}
/** How a request reached a method: as itself, as content, or as a step of an upload session. */
export type Form = 'plain' | 'download' | 'upload' | 'session'
export interface Found {
  readonly document: Document
  readonly method: Method
  readonly form: Form
  readonly path: Readonly<Record<string, string>>
}

/** Service name of the local cloud → the documents that describe it. */
const documentsOf: Readonly<Record<string, readonly string[]>> = {
  storage: ['storage.v1'],
  bigquery: ['bigquery.v2'],
  dataproc: ['dataproc.v1'],
  composer: ['composer.v1'],
  identity: ['sts.v1', 'iamcredentials.v1', 'iam.v1'],
}
export const documentNames = [...new Set(Object.values(documentsOf).flat())]

export interface Discovery {
  /** `storage.v1` → `20261009`. */
  readonly revisions: Readonly<Record<string, string>>
  find(service: string, httpMethod: string, path: string): Found | undefined
  has(methodId: string): boolean
  isBatch(service: string, path: string): boolean
}

/** Where the Python environment keeps the documents of google-api-python-client. */
export function findDocuments(python: string): string {
  const script =
    'import googleapiclient.discovery_cache as cache, os; print(os.path.join(os.path.dirname(cache.__file__), "documents"))'
  return execFileSync(python, ['-I', '-c', script], { encoding: 'utf8' }).trim()
}

interface Compiled {
  readonly document: Document
  readonly method: Method
  readonly form: Form
  readonly pattern: RegExp
  readonly names: readonly string[]
  readonly literalLength: number
}

export function loadDiscovery(documentsDir: string): Discovery {
  const revisions: Record<string, string> = {}
  const compiled = new Map<string, Compiled[]>()
  const batches = new Map<string, string[]>()
  const ids = new Set<string>()
  for (const [service, names] of Object.entries(documentsOf)) {
    const routes: Compiled[] = []
    for (const name of names) {
      const document = JSON.parse(readFileSync(join(documentsDir, `${name}.json`), 'utf8')) as Document
      if (typeof document.revision !== 'string' || !document.schemas)
        throw new Error(`${name}.json is not a discovery document`)
      revisions[name] = document.revision
      if (document.batchPath)
        batches.set(service, [...(batches.get(service) ?? []), `/${document.batchPath}`])
      for (const method of methodsOf(document)) {
        ids.add(method.id)
        routes.push(...pathsOf(document, method).map(([form, path]) => compile(document, method, form, path)))
      }
    }
    compiled.set(
      service,
      routes.sort((a, b) => b.literalLength - a.literalLength),
    )
  }
  return {
    revisions,
    has: (id) => ids.has(id),
    isBatch: (service, path) => batches.get(service)?.includes(path) ?? false,
    find(service, httpMethod, path) {
      for (const { document, method, form, pattern, names } of compiled.get(service) ?? []) {
        const isMethod =
          form === 'upload'
            ? httpMethod === 'POST' || httpMethod === 'PUT' || httpMethod === 'DELETE'
            : method.httpMethod === httpMethod
        const match = isMethod ? pattern.exec(path) : null
        if (!match) continue
        const values = Object.fromEntries(
          names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]),
        )
        return {
          document,
          method,
          form: form === 'upload' && httpMethod !== 'POST' ? 'session' : form,
          path: values,
        }
      }
      return undefined
    },
  }
}

export function* methodsOf(resource: Resource): Generator<Method> {
  yield* Object.values(resource.methods ?? {})
  for (const inner of Object.values(resource.resources ?? {})) yield* methodsOf(inner)
}

function pathsOf(document: Document, method: Method): [Form, string][] {
  const own = `${document.servicePath}${method.flatPath ?? method.path}`
  const paths: [Form, string][] = [['plain', `/${own}`]]
  if (method.supportsMediaDownload) paths.push(['download', `/download/${own}`])
  for (const protocol of Object.values(method.mediaUpload?.protocols ?? {}))
    paths.push(['upload', protocol.path])
  return paths
}

function compile(document: Document, method: Method, form: Form, path: string): Compiled {
  const names: string[] = []
  let literalLength = 0
  const source = path
    .split(/(\{\+?[\w.]+\})/)
    .map((part) => {
      const hole = /^\{(\+?)([\w.]+)\}$/.exec(part)
      if (!hole) {
        literalLength += part.length
        return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      }
      names.push(hole[2]!)
      return '([^/]+)'
    })
    .join('')
  return { document, method, form, names, literalLength, pattern: new RegExp(`^${source}$`) }
}
