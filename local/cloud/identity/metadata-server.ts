/**
 * The metadata server of one workload, as a virtual machine sees it. It serves its own account only, and only
 * to callers that name loopback as the host and say so in the header.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isForLoopback, misdirected } from '../../loopback-host.ts'
import type { Environment } from '../kernel.ts'
import { cloudPlatform } from './scopes.ts'

export interface Workload {
  readonly email: string
  readonly environment: Environment
  readonly mint: () => { readonly token: string; readonly expiresMs: number }
  readonly mintIdToken: (audience: string) => Promise<string>
  readonly now: () => number
}
interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

const refreshMs = 5 * 60 * 1000
const text = (body: string, status = 200): Answer => ({ status, type: 'application/text', body })
const json = (value: unknown): Answer => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify(value),
})

export async function openMetadataServer(
  workload: Workload,
): Promise<{ host: string; close(): Promise<void> }> {
  let current: ReturnType<Workload['mint']> | undefined
  const token = () =>
    current && current.expiresMs - workload.now() > refreshMs ? current : (current = workload.mint())
  const server = createServer((request, reply) => {
    const send = ({ status, type, body }: Answer) =>
      reply
        .writeHead(status, {
          'content-type': type,
          'metadata-flavor': 'Google',
          server: 'Metadata Server for VM',
          'content-length': Buffer.byteLength(body),
        })
        .end(body)
    // A page whose name was bound to this address is of one origin with it: it may set any header and read the answer.
    if (!isForLoopback(request)) return void send(text(misdirected.message, misdirected.status))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void send(text('Method Not Allowed', 405))
    const url = new URL(request.url?.startsWith('/') ? request.url : '/', 'http://metadata')
    if (url.pathname === '/') return void send(text('computeMetadata/\n'))
    // A form, a link or a forwarding proxy sets no such header.
    if (request.headers['metadata-flavor'] !== 'Google' || request.headers['x-forwarded-for'])
      return void send(text('Missing required header "Metadata-Flavor": "Google"', 403))
    answer(workload, url, token).then(send, () => send(text('internal error', 500)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(
  workload: Workload,
  url: URL,
  token: () => ReturnType<Workload['mint']>,
): Promise<Answer> {
  const { email, environment, now } = workload
  const path = decodeURIComponent(url.pathname)
    .replace(/^\/computeMetadata\/v1(?:\/|$)/, '')
    .replace(/\/$/, '')
  const account = /^instance\/service-accounts\/([^/]+)(?:\/(\w+))?$/.exec(path)
  if (account && (account[1] === 'default' || account[1] === email)) {
    switch (account[2]) {
      case undefined:
        return url.searchParams.get('recursive')?.toLowerCase() === 'true'
          ? json({ aliases: ['default'], email, scopes: [cloudPlatform] })
          : text('aliases\nemail\nidentity\nscopes\ntoken\n')
      case 'email':
        return text(email)
      case 'aliases':
        return text('default\n')
      case 'scopes':
        return text(`${cloudPlatform}\n`)
      case 'token': {
        const { token: value, expiresMs } = token()
        return json({
          access_token: value,
          expires_in: Math.floor((expiresMs - now()) / 1000),
          token_type: 'Bearer',
        })
      }
      case 'identity': {
        const audience = url.searchParams.get('audience')
        return audience
          ? text(await workload.mintIdToken(audience))
          : text('non-empty audience parameter required', 400)
      }
    }
  }
  switch (path) {
    case '':
      return text('instance/\nproject/\nuniverse/\n')
    case 'instance/service-accounts':
      return text(`default/\n${email}/\n`)
    case 'instance/zone':
      return text(`projects/${environment.projectNumber}/zones/${environment.region}-a`)
    case 'instance/region':
      return text(`projects/${environment.projectNumber}/regions/${environment.region}`)
    case 'project/project-id':
      return text(environment.project)
    case 'project/numeric-project-id':
      return text(environment.projectNumber)
    case 'universe/universe-domain':
    case 'universe/universe_domain':
      return text('googleapis.com')
    default:
      return text('The requested URL was not found on this server.', 404)
  }
}
