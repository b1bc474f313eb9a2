/**
 * Finds the route of a request from Google's path templates; it decodes holes once and refuses malformed
 * percent-encoding.
 */
import { CloudError, type Route, type Service } from './kernel.ts'

export interface Match {
  readonly route: Route
  readonly service: Service
  readonly params: Readonly<Record<string, string>>
}

interface CompiledRoute {
  readonly route: Route
  readonly service: Service
  readonly pattern: RegExp
  readonly names: readonly string[]
  readonly literalLength: number
}

export interface Router {
  /**
   * Every route that fits, the most literal first. Two services share a path when Google serves them on two
   * hosts (operations of Dataproc and Composer).
   */
  match(method: string, rawPath: string): Match[]
}

export function createRouter(services: readonly Service[]): Router {
  const byKey = new Map<string, CompiledRoute[]>()
  for (const service of services) {
    for (const route of service.routes) {
      const key = `${route.method} ${firstSegment(route.path)}`
      byKey.set(
        key,
        [...(byKey.get(key) ?? []), compile(route, service)].sort(
          (a, b) => b.literalLength - a.literalLength,
        ),
      )
    }
  }
  return {
    match(method, rawPath) {
      const matches: Match[] = []
      for (const { route, service, pattern, names } of byKey.get(`${method} ${firstSegment(rawPath)}`) ??
        []) {
        const found = pattern.exec(rawPath)
        if (found)
          matches.push({
            route,
            service,
            params: Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1]!)])),
          })
      }
      return matches
    },
  }
}

function compile(route: Route, service: Service): CompiledRoute {
  const names: string[] = []
  let literalLength = 0
  let source = ''
  for (const part of route.path.split(/(\{\+?\w+\})/)) {
    const hole = /^\{(\+?)(\w+)\}$/.exec(part)
    if (hole) {
      names.push(hole[2]!)
      source += hole[1] ? '(.+)' : '([^/]+)'
    } else {
      literalLength += part.length
      source += part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    }
  }
  return { route, service, names, literalLength, pattern: new RegExp(`^${source}$`) }
}

function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  const segment = path.slice(1, end === -1 ? undefined : end)
  if (segment.startsWith('{')) throw new Error(`a route must start with a literal segment: ${path}`)
  return segment
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new CloudError(
      400,
      'invalid',
      `Invalid percent-encoding in the request path: '${segment.slice(0, 100)}'.`,
    )
  }
}
