/**
 * A cloud in a process of its own, so that a test can kill it: prints its origin and a token, then serves
 * until the end.
 */
import { startStorage } from './support.ts'

const cloud = await startStorage({ stateDir: process.argv[2]! })
process.stdout.write(
  `${JSON.stringify({ origin: cloud.origin, token: cloud.cloud.identity.mintAccessToken(cloud.cloud.environment.serviceAccounts['data-eng']!) })}\n`,
)
