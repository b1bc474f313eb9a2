/**
 * The error bodies Google documents, which discovery documents leave out:
 * https://cloud.google.com/apis/design/errors, https://cloud.google.com/storage/docs/json_api/v1/status-codes
 * and RFC 6749 §5.2.
 */
import type { Report } from './discovery-values.ts'

interface Failed {
  readonly service: string
  readonly url: string
  readonly status: number
  readonly replyJson?: unknown
}

const outer: Readonly<Record<string, string>> = {
  code: 'number',
  message: 'string',
  errors: 'array',
  status: 'string',
  details: 'array',
}
const items: Readonly<Record<string, string>> = {
  message: 'string',
  domain: 'string',
  reason: 'string',
  location: 'string',
  locationType: 'string',
  debugInfo: 'string',
}

export function judgeError({ service, url, status, replyJson }: Failed, report: Report): void {
  if (replyJson === undefined) return // content downloads and sessions answer text
  const body = replyJson as Record<string, unknown>
  if (service === 'identity' && url.split('?')[0] === '/v1/token')
    return judgeFields(
      body,
      { error: 'string', error_description: 'string', error_uri: 'string' },
      'error',
      report,
    )
  judgeFields(body, { error: 'object' }, 'error', report)
  const error = body.error as Record<string, unknown>
  if (typeof error !== 'object' || error === null) return
  judgeFields(error, outer, 'error', report)
  if (error.code !== status) report('error.code', `is ${String(error.code)} in an answer of status ${status}`)
  if (typeof error.message !== 'string') report('error.message', 'is missing')
  const isLegacy = service === 'storage' || service === 'bigquery'
  if (isLegacy && !Array.isArray(error.errors)) report('error.errors', 'is missing')
  if (!isLegacy && typeof error.status !== 'string') report('error.status', 'is missing')
  for (const item of Array.isArray(error.errors) ? error.errors : []) {
    judgeFields(item as Record<string, unknown>, items, 'error.errors[]', report)
    for (const name of ['message', 'domain', 'reason'])
      if (typeof (item as Record<string, unknown>)[name] !== 'string')
        report(`error.errors[].${name}`, 'is missing')
  }
  for (const detail of Array.isArray(error.details) ? error.details : []) {
    if (typeof (detail as Record<string, unknown>)['@type'] !== 'string')
      report('error.details[].@type', 'is missing')
  }
}

function judgeFields(
  value: Record<string, unknown>,
  fields: Readonly<Record<string, string>>,
  at: string,
  report: Report,
): void {
  for (const [name, item] of Object.entries(value ?? {})) {
    const expected = fields[name]
    const kind = Array.isArray(item) ? 'array' : typeof item
    if (!expected) report(`${at}.${name}`, 'is a field Google does not document')
    else if (item !== undefined && kind !== expected) report(`${at}.${name}`, `is ${kind}, not ${expected}`)
  }
}
