/**
 * Google's libraries print requests and answers when GOOGLE_SDK_NODE_LOGGING is set. It refuses that unless
 * debug logging of the job is on, and then shows no line before its secrets are taken out.
 */
import { setBackend, type DebugLogBackend } from 'google-logging-utils'
import { format } from 'node:util'
import { hideSecrets } from '../secrets.ts'
import type { Surroundings } from './surroundings.ts'

const VARIABLE = 'GOOGLE_SDK_NODE_LOGGING'

export function quietSdkLogging(environment: Surroundings['environment'], log: Surroundings['log']): void {
  if (!environment[VARIABLE]) return
  if (environment.RUNNER_DEBUG === '1') {
    setBackend({
      log: (namespace, _fields, ...args) => log.debug(hideSecrets(`${namespace}: ${format(...args)}`)),
      setFilters: () => undefined,
      makeLogger: () => () => undefined,
    } as DebugLogBackend)
    return
  }
  setBackend(null)
  // Clients loaded later may bring a copy of the logger with them.
  delete process.env[VARIABLE]
  log.info(
    `${VARIABLE} is set and ignored: its lines would hold tokens. With debug logging on, they are shown without them.`,
  )
}
