/**
 * What NET.… says of URLs and IP addresses, character by character as GoogleSQL reads them: nothing is looked up,
 * and the list of public suffixes is the one of publicsuffix.org that tldts carries, without its private domains.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { parse } from 'tldts'

/** The host as it is written, or undefined; no scheme but those with `//` is known. */
export function hostOf(given: string): string | undefined {
  let url = given.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '')
  const isRelative = /^[/\\]{2}/.test(url)
  if (isRelative) url = url.slice(2)
  else url = url.replace(/^[^:/\\?#]*:[/\\]{2}/, '')
  const place = /^[^/\\?#]*/.exec(url)![0]
  const behindUser = place.slice(place.lastIndexOf('@') + 1)
  const bracketed = /^\[[^[\]]*[[\]]?/.exec(behindUser)?.[0] ?? ''
  const end = behindUser.indexOf(':', bracketed.length)
  const host = (end < 0 ? behindUser : behindUser.slice(0, end)).replace(/^\.+/, '').replace(/\.+$/, '.')
  return host === '' ? undefined : host
}

/** In the letters of the list; undefined where IDNA knows no such name. */
function normalised(host: string): string | undefined {
  if (!/[A-Z\u007f-\uffff]/.test(host)) return host
  const labels = host.replace(/\.$/, '').split('.')
  const known = labels.map((label) =>
    /^[\0-\u007f]*$/.test(label) ? label.toLowerCase() : domainToASCII(label),
  )
  return known.some((label) => label === '' || label.length > 63 || /^-|-$/.test(label))
    ? undefined
    : known.join('.') + (host.endsWith('.') ? '.' : '')
}

const RAW = { extractHostname: false, validateHostname: false, detectIp: false, allowPrivateDomains: false }

function labelsAtEnd(given: string, more: 0 | 1): string | undefined {
  const host = hostOf(given)
  const name = host === undefined ? undefined : normalised(host)?.replace(/\.$/, '')
  if (host === undefined || name === undefined || name.includes('..')) return undefined
  const { publicSuffix, isIcann } = parse(name, RAW)
  if (!isIcann || publicSuffix === null) return undefined
  const [labels, wanted] = [host.replace(/\.$/, '').split('.'), publicSuffix.split('.').length + more]
  if (labels.length < wanted) return undefined
  return labels.slice(-wanted).join('.') + (host.endsWith('.') ? '.' : '')
}

export const publicSuffixOf = (url: string): string | undefined => labelsAtEnd(url, 0)
export const registeredDomainOf = (url: string): string | undefined => labelsAtEnd(url, 1)

/** The bytes of an address in network order, or undefined. */
export function bytesOfIp(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const words = text.replace(/[\d.]+$/, (tail) => {
    if (!tail.includes('.')) return tail
    const [a, b, c, d] = tail.split('.').map(Number) as [number, number, number, number]
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head, tail] = words.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = tail ? Array.from({ length: 8 - head!.length - tail.length }, () => '0') : []
  return Uint8Array.from(
    [...head!, ...zeros, ...(tail ?? [])].flatMap((word) => {
      const value = Number.parseInt(word, 16)
      return [value >> 8, value & 255]
    }),
  )
}

/** As inet_ntop writes it: the longest run of zeros is `::`, a mapped IPv4 address keeps its dots. */
export function ipOfBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let [start, length] = [0, 0]
  for (let i = 0; i < 8; i += 1) {
    let end = i
    while (words[end] === 0) end += 1
    if (end - i > length) [start, length] = [i, end - i]
  }
  const isMapped = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))
  const texts = words.map((word) => word.toString(16))
  if (isMapped) texts.splice(6, 2, bytes.slice(12).join('.'))
  if (length < 2) return texts.join(':')
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`
}

const isAddress = (size: number): boolean => size === 4 || size === 16

export function ipText(bytes: Uint8Array): string {
  if (isAddress(bytes.length)) return ipOfBytes(bytes)
  throw new Error(
    `NET.IP_TO_STRING() encountered an invalid IP address. Expected 4 (for IPv4) or 16 (for IPv6) bytes but got ${bytes.length}`,
  )
}

/** Of all bits that are set, and of an address: what is left of the first `prefix` bits. */
export function maskedBits(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.min(Math.max(prefix - 8 * i, 0), 8)))
}

export function netMask(size: number, prefix: number): Uint8Array {
  if (!isAddress(size))
    throw new Error(
      `The first argument of NET.IP_NET_MASK() must be either 4 (for IPv4) or 16 (for IPv6); got ${size}`,
    )
  if (prefix < 0 || prefix > size * 8)
    throw new Error(
      `The second argument of NET.IP_NET_MASK() must be between 0 and the first argument * 8; got ${prefix}`,
    )
  return maskedBits(new Uint8Array(size).fill(255), prefix)
}

export function ipTruncated(bytes: Uint8Array, prefix: number): Uint8Array {
  if (!isAddress(bytes.length))
    throw new Error(
      `The first argument of NET.IP_TRUNC() must have length 4 (for IPv4) or 16 (for IPv6); got ${bytes.length}`,
    )
  if (prefix < 0 || prefix > bytes.length * 8)
    throw new Error(
      `The second argument of NET.IP_TRUNC() must be between 0 and 8 * LENGTH(first argument); got ${prefix}`,
    )
  return maskedBits(bytes, prefix)
}

export function ipv4OfInteger(value: bigint): Uint8Array {
  if (value < -0x80000000n || value > 0xffffffffn)
    throw new Error(
      `NET.IPV4_FROM_INT64() encountered an invalid integer IP. Expected range: [-0x80000000, 0xFFFFFFFF]; got ${value}`,
    )
  return Uint8Array.from([24n, 16n, 8n, 0n], (shift) => Number((value >> shift) & 255n))
}

export function integerOfIpv4(bytes: Uint8Array): bigint {
  if (bytes.length !== 4)
    throw new Error(
      `NET.IPV4_TO_INT64() encountered a non-IPv4 address. Expected 4 bytes but got ${bytes.length}`,
    )
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
}
