/**
 * Writes a refusal in the shape its Google service uses; it never shows a stack or a header of the request.
 */
import { CloudError, type Reply, type Service } from './kernel.ts'

export type ErrorStyle = Service['errorStyle']

export function errorReply(error: CloudError, style: ErrorStyle, hasStatus = false): Reply {
  const { status, message } = error
  const headers = status === 401 ? { 'www-authenticate': challenge(error.reason) } : undefined
  if (style === 'oauth') return { status, headers, json: { error: error.reason, error_description: message } }
  const details = error.details.length > 0 ? { details: error.details } : {}
  if (style === 'rpc')
    return {
      status,
      headers,
      json: { error: { code: status, message, status: error.rpcStatus, ...details } },
    }
  const location = error.location ?? (status === 401 ? 'Authorization' : undefined)
  const place = location ? { locationType: /^[A-Z]/.test(location) ? 'header' : 'parameter', location } : {}
  const item = {
    message: status === 401 ? shortMessage(error.reason) : message,
    domain: 'global',
    reason: error.reason,
    ...place,
  }
  return {
    status,
    headers,
    json: {
      error: {
        code: status,
        message,
        errors: [item],
        ...(hasStatus || status === 401 ? { status: error.rpcStatus, ...details } : {}),
      },
    },
  }
}

/** Google's edge answers both cases before any service sees the request. */
export function missingCredentials(): CloudError {
  return unauthenticated(
    'required',
    'Request is missing required authentication credential.',
    'CREDENTIALS_MISSING',
  )
}

export function invalidCredentials(): CloudError {
  return unauthenticated(
    'authError',
    'Request had invalid authentication credentials.',
    'ACCESS_TOKEN_TYPE_UNSUPPORTED',
  )
}

export function expiredCredentials(): CloudError {
  return unauthenticated(
    'authError',
    'Request had invalid authentication credentials.',
    'ACCESS_TOKEN_EXPIRED',
  )
}

function unauthenticated(reason: string, opening: string, infoReason: string): CloudError {
  const message =
    `${opening} Expected OAuth 2 access token, login cookie or other valid authentication credential. ` +
    'See https://developers.google.com/identity/sign-in/web/devconsole-project.'
  return new CloudError(401, reason, message, {
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: infoReason, domain: 'googleapis.com' },
    ],
  })
}

function challenge(reason: string): string {
  return `Bearer realm="https://accounts.google.com/"${reason === 'required' ? '' : ', error="invalid_token"'}`
}

function shortMessage(reason: string): string {
  return reason === 'required' ? 'Login Required.' : 'Invalid Credentials'
}
