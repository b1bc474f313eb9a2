/**
 * The three legs of a token when the network is unwell: every wait has an end, no credential follows a
 * redirect, and a stranger's answer is called that.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorsOf, type Job, openJob, runBundle } from '../support/runner.ts'
import { oidcVariables, overridesFor } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

const deployer = 'caec-ci-deploy@caec-local.iam.gserviceaccount.com'
let cloud: TestCloud
let job: Job
let stranger: Server
/** Everything that reached the stranger: it must stay empty. */
const taken: string[] = []
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
  job = await openJob()
  stranger = createServer((request, reply) => {
    taken.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
    reply.end('{}')
  })
  await new Promise<void>((done) => stranger.listen(0, '127.0.0.2', done))
})
afterAll(async () => {
  stranger.close()
  await Promise.all([cloud.close(), job.close()])
})

const LEGS = { GitHub: '/_github/runs/', STS: '/v1/token', IAM: ':generateAccessToken' } as const
type Leg = keyof typeof LEGS

/** Runs auth with every request through a proxy; `fault` answers those of one leg. */
async function signIn(
  leg: Leg,
  fault: (
    request: IncomingMessage,
    reply: ServerResponse,
    turn: number,
  ) => boolean | undefined | Promise<boolean>,
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
  onStart?: (child: ChildProcess) => void,
) {
  let turns = 0
  const proxy = await openProxy(cloud.origin, async (request, reply) => {
    if (!request.url?.includes(LEGS[leg])) return false
    turns += 1
    return (await fault(request, reply, turns)) ?? true
  })
  const oidc = await oidcVariables(cloud)
  const result = await runBundle('auth', {
    job,
    env: {
      ...overridesFor(proxy.origin),
      ...oidc,
      ACTIONS_ID_TOKEN_REQUEST_URL: oidc.ACTIONS_ID_TOKEN_REQUEST_URL!.replace(cloud.origin, proxy.origin),
      ...env,
    },
    with: { 'workload-identity-provider': providerName, 'service-account': deployer, ...inputs },
    onStart,
  })
  proxy.close()
  const errors = errorsOf(result)
  return { result, turns, errors }
}
const METHOD = { GitHub: 'oidc.token', STS: 'sts.token', IAM: 'iamcredentials.generateAccessToken' } as const

describe.each(Object.keys(LEGS) as Leg[])('%s', (leg) => {
  it('silent for ever ends within timeout-seconds and says which call', async () => {
    const { result, errors } = await signIn(leg, () => true, { 'timeout-seconds': '5' })
    expect([result.exitCode, errors.length]).toEqual([1, 1])
    expect(errors[0]).toMatch(
      new RegExp(`${METHOD[leg].replace('.', '\\.')} on .*no complete answer came within`),
    )
    expect(result.exported).toEqual({})
  })

  it.each([302, 307])('redirecting with %s gets no credential to the other host', async (status) => {
    const location = `http://127.0.0.2:${(stranger.address() as AddressInfo).port}/taken`
    const { result, errors, turns } = await signIn(leg, (_request, reply) => {
      reply.writeHead(status, { location }).end()
      return true
    })
    expect([result.exitCode, turns, errors.length]).toEqual([1, 1, 1])
    expect(errors[0]).toContain('no credential follows a redirect')
    expect(taken).toEqual([])
  })

  it('answering a web page is not believed', async () => {
    const { result, errors } = await signIn(leg, (_request, reply) => {
      reply.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><html>Please sign in</html>')
      return true
    })
    expect([result.exitCode, errors.length]).toEqual([1, 1])
    expect(errors[0]).toMatch(/is not (Google|GitHub)'s: it is a web page of \d+ characters/)
    expect(errors[0]).toContain('#not-google')
  })

  it.each([
    ['cut off', '{"value": "ab'],
    ['empty', ''],
  ])('answering once something %s is asked again', async (_what, body) => {
    const { result, errors, turns } = await signIn(leg, (_request, reply, turn) => {
      if (turn > 1) return false
      reply.writeHead(200, { 'content-type': 'application/json' }).end(body)
      return true
    })
    expect([result.exitCode, errors]).toEqual([0, []])
    expect(turns).toBeGreaterThan(1)
    expect(result.log).toContain(
      `${METHOD[leg]}: 200, an answer that is cut off, empty or a stranger's; try 2 in `,
    )
  })

  it('breaking off in the middle of an answer is asked again', async () => {
    const { result, errors } = await signIn(leg, (request, reply, turn) => {
      if (turn > 1) return false
      reply.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      reply.write('{"value": "ab')
      setTimeout(() => request.socket.destroy(), 20)
      return true
    })
    expect([result.exitCode, errors]).toEqual([0, []])
  })

  it('asking for a pause gets it', async () => {
    const at: number[] = []
    const { result, errors } = await signIn(leg, (_request, reply, turn) => {
      at.push(Date.now())
      if (turn > 1) return false
      reply.writeHead(429, { 'retry-after': '2' }).end('{"error":"rate"}')
      return true
    })
    expect([result.exitCode, errors]).toEqual([0, []])
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(1990)
    expect(result.log).toMatch(/: 429 [\w ]+; try 2 in 2 s, as the server asks/)
  })
})

/** A refusal that a fresh token may heal: one more chain, then the true cause. */
describe('refused for its token', () => {
  const REFUSALS: Readonly<Record<Leg, readonly [status: number, body: unknown]>> = {
    GitHub: [401, { message: 'Unauthorized' }],
    STS: [400, { error: 'invalid_grant', error_description: 'ID Token issued at 1 is in the future.' }],
    IAM: [401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'Invalid credentials.' } }],
  }
  const refusing =
    (leg: Leg, most: number) =>
    (_request: IncomingMessage, reply: ServerResponse, turn: number): boolean => {
      if (turn > most) return false
      const [status, body] = REFUSALS[leg]
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      return true
    }

  it.each(['STS', 'IAM'] as const)('once by %s, the job goes on with another OIDC token', async (leg) => {
    const { result, errors, turns } = await signIn(leg, refusing(leg, 1))
    expect([result.exitCode, errors, turns]).toEqual([0, [], 2])
    expect(new Set(result.masks.filter((mask) => mask.startsWith('eyJ'))).size).toBe(2)
    expect(result.log).toContain('once more with a fresh token')
    // What later steps may use is the token that was taken last.
    expect(result.outputs['auth-token']).toBe(result.masks.filter((mask) => mask.startsWith('ya29.')).at(-2))
  })

  it('once by IAM while the identity of a service account is asked for, it goes on too', async () => {
    const { result, errors } = await signIn(
      'IAM',
      (request, reply, turn) => turn === 1 && refusing('IAM', 1)(request, reply, 1),
      { 'token-format': 'id_token', 'id-token-audience': 'https://example.com' },
    )
    expect([result.exitCode, errors]).toEqual([0, []])
    expect(result.outputs['id-token']).not.toBe('')
  })

  it.each([
    ['STS', 2, 'wif-clock'],
    ['IAM', 2, 'unauthenticated'],
    // Its bearer is the job's: there is no fresh one.
    ['GitHub', 1, 'oidc-token'],
  ] as const)('for ever by %s, it stops after %i tries with the true cause', async (leg, tries, problem) => {
    const { result, errors, turns } = await signIn(leg, refusing(leg, Infinity))
    expect([result.exitCode, errors.length, turns]).toEqual([1, 1, tries])
    expect(errors[0]).toContain(`#${problem}`)
    expect(result.exported).toEqual({})
  })

  it('by IAM and then met with silence, it ends in time and tells the refusal', async () => {
    const { result, errors } = await signIn(
      'IAM',
      (request, reply, turn) => turn > 1 || refusing('IAM', 1)(request, reply, 1),
      { 'timeout-seconds': '5' },
    )
    expect([result.exitCode, errors.length]).toEqual([1, 1])
    expect(errors[0]).toContain('401 UNAUTHENTICATED')
  })
})

describe('cancelled while a token is asked for', () => {
  const LATE_MS = 300
  it.each([
    ['is never given', true],
    ['comes late', false],
  ])('that %s, it says so, exits 130 and leaves nothing', async (_, isSilent) => {
    const credentials = async () => (await readdir(job.temp)).filter((name) => name.includes('gha-creds'))
    const before = await credentials()
    let child: ChildProcess | undefined
    const { result, errors } = await signIn(
      'IAM',
      async () => {
        child?.kill('SIGINT')
        await sleep(LATE_MS)
        return isSilent
      },
      {},
      {},
      (started) => {
        child = started
      },
    )
    expect([result.exitCode, result.signal, errors.length]).toEqual([130, null, 1])
    expect(errors[0]).toMatch(/: the run was cancelled; [\s\S]*#cancelled$/)
    expect(result.exported).toEqual({})
    expect(await credentials()).toEqual(before)
  })
})

describe('a token', () => {
  it('of GitHub is used for one exchange only, retries included', async () => {
    const used: string[] = []
    const { result } = await signIn('STS', (_request, reply, turn) => {
      if (turn > 3) return false
      reply.writeHead(503).end()
      return true
    })
    for (const mask of result.masks) if (mask.startsWith('eyJ')) used.push(mask)
    expect(result.exitCode).toBe(0)
    expect(new Set(used).size).toBe(4)
  })

  it('is not printed by the libraries of Google, and is taken out of their lines when they are asked for', async () => {
    for (const env of [{}, { RUNNER_DEBUG: '1' }] as Record<string, string>[]) {
      const { result } = await signIn('STS', () => false, {}, { GOOGLE_SDK_NODE_LOGGING: '*', ...env })
      expect(result.exitCode).toBe(0)
      const shown = result.log
        .split('\n')
        .filter((line) => !line.startsWith('::add-mask::'))
        .join('\n')
      expect(shown).not.toMatch(/ya29\.|eyJ/)
    }
  })
})
