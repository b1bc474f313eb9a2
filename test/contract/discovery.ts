/**
 * The contract with Google: recorded exchanges against Google's discovery documents. An unknown method,
 * parameter, field or a wrong type is a violation, in the request as well as in the answer. A request that
 * the cloud refused and that no real client sent (a test's own hostile call) is not judged.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientOf } from './clients.ts'
import { isAnswered, loadDiscovery, type Discovery, type Found } from './discovery-documents.ts'
import { judgeParameter, judgeValue, type Report } from './discovery-values.ts'
import { judgeError } from './error-shapes.ts'
import { isTolerated, jsonName, withServicePath } from './tolerated.ts'

/** One line of a recording (see local/cloud/recorder.ts). */
export interface RecordedExchange {
  readonly id: string
  readonly service: string
  readonly method: string
  readonly url: string
  readonly requestJson?: unknown
  readonly status: number
  readonly replyJson?: unknown
  readonly unread?: readonly string[]
  readonly userAgent?: string
  readonly apiClient?: string
  readonly account?: string
}
export interface Violation {
  readonly method: string
  readonly request: string
  readonly client: string
  readonly where: string
  readonly what: string
  readonly count: number
}
export interface MethodCount {
  readonly service: string
  exchanges: number
  readonly clients: Record<string, number>
  violations: number
}
export interface Verdict {
  /** Exchanges compared with a document. */
  readonly checked: number
  /** Exchanges of the cloud's own administration and of GitHub's issuer, which Google does not describe. */
  readonly notGoogle: number
  readonly byMethod: Readonly<Record<string, MethodCount>>
  readonly revisions: Readonly<Record<string, string>>
  readonly violations: readonly Violation[]
}

export function checkRecordings(recordingsDir: string, documentsDir: string): Verdict {
  return checkExchanges(readRecordings(recordingsDir), loadDiscovery(documentsDir))
}

export function checkExchanges(exchanges: Iterable<RecordedExchange>, discovery: Discovery): Verdict {
  const byMethod: Record<string, MethodCount> = {}
  const violations = new Map<string, Violation>()
  let checked = 0
  let notGoogle = 0
  for (const exchange of exchanges) {
    if (isLocal(exchange)) {
      notGoogle++
      continue
    }
    checked++
    const client = clientOf(exchange)
    const [target] = exchange.url.split('?', 1) as [string]
    const path = withServicePath(exchange.service, target)
    const found = discovery.find(exchange.service, exchange.method, path)
    const isBatch = discovery.isBatch(exchange.service, path)
    const id = isBatch ? `${exchange.service}.batch` : (found?.method.id ?? exchange.id)
    const count = (byMethod[id] ??= { service: exchange.service, exchanges: 0, clients: {}, violations: 0 })
    count.exchanges++
    count.clients[client.name] = (count.clients[client.name] ?? 0) + 1
    const report: Report = (where, what) => {
      if (isTolerated(id, client.name, where, what)) return
      count.violations++
      const key = `${id} ${client.name} ${where.replace(/\[\d+\]/g, '[]')} ${what}`
      const former = violations.get(key)
      violations.set(key, {
        method: id,
        request: `${exchange.method} ${target.slice(0, 200)}`,
        client: client.name,
        where,
        what,
        count: (former?.count ?? 0) + 1,
      })
    }
    if (exchange.status >= 400 && exchange.service !== 'unknown') judgeError(exchange, report)
    if (isBatch) continue
    if (!found) {
      if (client.isReal || exchange.status < 400)
        report(
          'method',
          exchange.service === 'unknown'
            ? `is not implemented: ${target.slice(0, 120)}`
            : 'is in no discovery document',
        )
      continue
    }
    if (exchange.id !== found.method.id && exchange.id !== 'unknown')
      report('method', `is answered as ${exchange.id}`)
    if (client.isReal || exchange.status < 400) judgeRequest(exchange, found, report)
    if (exchange.status < 400) {
      judgeReply(exchange, found, report)
      judgeUnread(exchange, found, report)
    }
  }
  return {
    checked,
    notGoogle,
    byMethod: sorted(byMethod),
    revisions: discovery.revisions,
    violations: [...violations.values()].sort(
      (a, b) => a.method.localeCompare(b.method) || a.where.localeCompare(b.where),
    ),
  }
}

/** What is in no document is reported by its own fault; Google does not read that either. */
function judgeUnread(exchange: RecordedExchange, { document, method }: Found, report: Report): void {
  const parameters = { ...document.parameters, ...method.parameters }
  const fields = document.schemas[method.request?.$ref ?? '']?.properties ?? {}
  for (const name of exchange.unread ?? []) {
    if (fields[name] && isAnswered(fields[name])) continue
    if (!name.startsWith('?') || parameters[jsonName(name.slice(1), document.name)])
      report(
        name.startsWith('?') ? `query ${name.slice(1)}` : `request.${name}`,
        'is answered with success and read by nobody',
      )
  }
}

function judgeRequest(
  exchange: RecordedExchange,
  { document, method, form, path }: Found,
  report: Report,
): void {
  const query = new URLSearchParams(
    exchange.url.includes('?') ? exchange.url.slice(exchange.url.indexOf('?') + 1) : '',
  )
  const parameters = { ...document.parameters, ...method.parameters }
  for (const name of new Set(query.keys())) {
    const parameter = parameters[name] ?? parameters[jsonName(name, document.name)]
    if (parameter?.location === 'query') judgeParameter(name, query.getAll(name), parameter, report)
    else report(`query ${name}`, 'is a parameter the method does not have')
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    if (parameter.location === 'path' && path[name] !== undefined)
      judgeParameter(name, [path[name]], parameter, report)
    else if (parameter.location === 'query' && parameter.required && !query.has(name))
      report(`query ${name}`, 'is required and missing')
  }
  if (exchange.requestJson === undefined || form === 'session') return
  const isEmpty =
    typeof exchange.requestJson === 'object' &&
    exchange.requestJson !== null &&
    Object.keys(exchange.requestJson).length === 0
  if (method.request)
    judgeValue(
      exchange.requestJson,
      method.request,
      'request',
      { document, side: 'request', methodId: method.id, isEnumNumeric: isEnumNumeric(query) },
      report,
    )
  else if (!isEmpty) report('request', 'has a body where the method takes none')
}

function judgeReply(exchange: RecordedExchange, { document, method, form }: Found, report: Report): void {
  const query = new URLSearchParams(
    exchange.url.includes('?') ? exchange.url.slice(exchange.url.indexOf('?') + 1) : '',
  )
  const isContent = form === 'download' || query.get('alt') === 'media'
  // Starting an upload session answers an address, not a resource.
  const isSessionStart = form === 'upload' && query.get('uploadType') === 'resumable'
  const isWithoutBody =
    isContent || isSessionStart || exchange.status === 304 || exchange.status === 308 || !method.response
  if (exchange.replyJson === undefined) {
    if (!isWithoutBody) report('response', `of status ${exchange.status} has no JSON body`)
    return
  }
  if (!method.response) return report('response', 'has a body where the method answers none')
  judgeValue(
    exchange.replyJson,
    method.response,
    'response',
    { document, side: 'response', methodId: method.id, isEnumNumeric: isEnumNumeric(query) },
    report,
  )
}

function isEnumNumeric(query: URLSearchParams): boolean {
  return query.get('$alt')?.includes('enum-encoding=int') ?? false
}

function isLocal({ id, url }: RecordedExchange): boolean {
  return id.startsWith('local.') || /^\/_/.test(url) || url.startsWith('/computeMetadata/')
}

function* readRecordings(dir: string): Generator<RecordedExchange> {
  for (const file of readdirSync(dir)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()) {
    // A killed process may leave a last line without its end.
    for (const line of readFileSync(join(dir, file), 'utf8').split('\n').slice(0, -1))
      yield JSON.parse(line) as RecordedExchange
  }
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
