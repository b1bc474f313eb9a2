/**
 * A local cloud in a process of its own, to be killed by tests: prints its origin and a token of the data
 * engineer.
 */
import { startCloud } from '../../../local/cloud/server.ts'

// A file that may not grow is an error of the write and not the end of the process.
process.on('SIGXFSZ', () => undefined)
const [, , stateDir, repoRoot] = process.argv
const cloud = await startCloud({
  stateDir: stateDir!,
  repoRoot: repoRoot!,
  services: ['storage', 'bigquery'],
  log: () => undefined,
})
console.log(
  JSON.stringify({
    origin: cloud.origin,
    token: cloud.identity.mintAccessToken(cloud.environment.serviceAccounts['data-eng']!),
  }),
)
