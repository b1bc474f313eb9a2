/**
 * Whether a request was meant for this machine: a web page reaches loopback under its own domain's name once that name
 * resolves to 127.0.0.1 (DNS rebinding). It refuses every name but those of loopback itself.
 */
import type { IncomingMessage } from 'node:http'

// Without the port: a forwarded port (ssh, a container) is still this machine, and a page cannot choose another name.
const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i

/** An address in absolute form counts instead of the header, as RFC 9112 has it; both must be loopback. */
export const isForLoopback = ({ headers, url = '/' }: Pick<IncomingMessage, 'headers' | 'url'>): boolean => {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]
  return loopback.test(headers.host ?? '') && (absolute === undefined || loopback.test(absolute))
}

/** 421 Misdirected Request is HTTP's own word for it. The name is not repeated: it is a stranger's text. */
export const misdirected = {
  status: 421,
  message:
    'This is a local cloud: it answers requests to 127.0.0.1 or localhost only, and this one names another host.',
} as const
