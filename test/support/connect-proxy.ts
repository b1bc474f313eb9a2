/**
 * The proxy of a company's network: it lets nothing out but tunnels (CONNECT), and at their other end stand the local
 * servers under the names of the true ones. It refuses hosts that no test named, so that none is asked.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { openProxy } from './proxy.ts'

export interface ConnectProxy {
  /** For the environment of a run: the proxy, and whom it may trust. */
  readonly env: Readonly<Record<string, string>>
  /** Hosts that were tunnelled to, each once. */
  readonly hosts: ReadonlySet<string>
  close(): void
}

/** @param targets from the end of a host's name to the origin that answers in its place. */
export async function openConnectProxy(targets: Readonly<Record<string, string>>): Promise<ConnectProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'proxy '))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const names = Object.keys(targets).flatMap((name) => [`DNS:${name}`, `DNS:*.${name}`])
  execFileSync(
    'openssl',
    // prettier-ignore
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=test',
      '-addext', `subjectAltName=${names.join(',')}`, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  )
  const secureContext = createSecureContext({ key: readFileSync(key), cert: readFileSync(certificate) })
  const ends = await Promise.all(
    Object.entries(targets).map(async ([name, target]) => ({
      name,
      end: await openProxy(target, () => false),
    })),
  )
  const hosts = new Set<string>()
  const sockets = new Set<Socket>()
  const server = createServer((_request, reply) => void reply.writeHead(403).end())
  server.on('connect', ({ url = '' }, socket: Socket) => {
    const host = url.replace(/:\d+$/, '')
    hosts.add(host)
    const end = ends.find(({ name }) => host === name || host.endsWith(`.${name}`))?.end
    if (end === undefined) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    const inside = new TLSSocket(socket, { isServer: true, secureContext })
    const outside = connect(Number(new URL(end.origin).port), '127.0.0.1')
    for (const one of [socket, inside, outside]) {
      sockets.add(one)
      one.on('error', () => [inside, outside].forEach((other) => other.destroy()))
    }
    inside.pipe(outside).pipe(inside)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: certificate,
    },
    hosts,
    close: () => {
      for (const socket of sockets) socket.destroy()
      for (const { end } of ends) end.close()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
