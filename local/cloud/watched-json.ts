/**
 * Hands a request to a handler and knows afterwards which members and parameters nobody looked at: what is neither
 * used nor refused is answered as if it had not been asked. It changes no value.
 */

export interface Watched<T> {
  /** Reads like the value it stands for. */
  readonly value: T
  /** Members nobody has read, as paths (`configuration.query.priority`); `[]` is any element of an array. */
  unread(): string[]
}

/** Members that Google puts out only; clients send them back with what they read. */
const PUT_OUT = new Set(['etag', 'id', 'kind', 'selfLink'])

/** `null` means "not set" to Google and needs no reader. */
export function watchJson<T extends object>(whole: T): Watched<T> {
  const read = new Set<string>()
  const wrap = (target: object, path: string): object =>
    new Proxy(target, {
      get(object, name, receiver): unknown {
        const found: unknown = Reflect.get(object, name, receiver)
        if (typeof name === 'symbol' || !Object.hasOwn(object, name)) return found
        if (Array.isArray(object) && name === 'length') return found
        const inner = below(path, Array.isArray(object) ? undefined : name)
        read.add(inner)
        return typeof found === 'object' && found !== null ? wrap(found, inner) : found
      },
    })
  return {
    value: wrap(whole, '') as T,
    unread: () => [...new Set(leavesOf(whole, ''))].filter((path) => !read.has(path) && !PUT_OUT.has(path)),
  }
}

const below = (path: string, name: string | undefined): string =>
  name === undefined ? `${path}[]` : path === '' ? name : `${path}.${name}`

function leavesOf(value: unknown, path: string): string[] {
  if (value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, below(path, undefined)))
  if (typeof value !== 'object') return [path]
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, below(path, name)))
}

/** Parameters of every method that change the form of an answer or the bookkeeping, not what is done. */
export const STANDARD_PARAMETERS = [
  'alt',
  '$alt',
  'key',
  'prettyPrint',
  '$prettyPrint',
  'quotaUser',
  'upload_protocol',
  'uploadType',
]

/**
 * The parameters of `url`, whose `searchParams` is replaced by one that remembers what was read.
 * `idle`: names that need no reader.
 */
export function watchParameters(url: URL): { unread(idle?: readonly string[]): string[] } {
  const read = new Set<string>()
  const names = [...url.searchParams.keys()]
  class Watching extends URLSearchParams {
    override get(name: string): string | null {
      read.add(name)
      return super.get(name)
    }
    override getAll(name: string): string[] {
      read.add(name)
      return super.getAll(name)
    }
    override has(name: string, value?: string): boolean {
      read.add(name)
      return super.has(name, value)
    }
    override [Symbol.iterator](): URLSearchParamsIterator<[string, string]> {
      for (const name of names) read.add(name)
      return super[Symbol.iterator]()
    }
  }
  Object.defineProperty(url, 'searchParams', { value: new Watching(url.searchParams.toString()) })
  return {
    unread: (idle = []) => {
      // The URI of an upload repeats what its first request asked.
      if (read.has('upload_id')) return []
      return [...new Set(names)]
        .filter((name) => ![...STANDARD_PARAMETERS, ...idle].includes(name) && !read.has(name))
        .map((name) => `?${name}`)
    },
  }
}
