import { describe, expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { decodeClaims, describeClaims } from '../../../actions/auth/src/claims.ts'
import { parseInputs } from '../../../actions/auth/src/inputs.ts'
import { planAuth } from '../../../actions/auth/src/plan.ts'

const provider = 'projects/1/locations/global/workloadIdentityPools/github/providers/actions'
const parse = (changes: Record<string, string> = {}) =>
  parseInputs(
    createInputs(
      (name) =>
        ({
          'workload-identity-provider': provider,
          'service-account': 'ci@p-12345.iam.gserviceaccount.com',
          ...changes,
        })[name] ?? '',
    ),
  )
const kinds = (changes: Record<string, string> = {}, projectOfAccount: string | undefined = 'p-12345') =>
  planAuth(parse(changes), { projectOfAccount }).steps.map(({ kind }) => kind)

describe('planAuth', () => {
  it.each([
    [
      'a service account',
      {},
      ['exchange', 'access-token', 'credentials-file', 'export-project', 'export-credentials'],
    ],
    [
      'direct federation',
      { 'service-account': '' },
      ['exchange', 'credentials-file', 'export-project', 'export-credentials'],
    ],
    [
      'an ID token',
      { 'token-format': 'id_token', 'id-token-audience': 'https://x' },
      ['exchange', 'access-token', 'id-token', 'credentials-file', 'export-project', 'export-credentials'],
    ],
    ['no file', { 'create-credentials-file': 'false' }, ['exchange', 'access-token', 'export-project']],
    [
      'no variables',
      { 'export-environment-variables': 'false' },
      ['exchange', 'access-token', 'credentials-file'],
    ],
  ])('for %s', (_name, changes, expected) =>
    expect(kinds(changes as Record<string, string>)).toEqual(expected),
  )
  it("takes project-id before the account's project", () =>
    expect(planAuth(parse({ 'project-id': 'other-project' }), { projectOfAccount: 'p' }).projectId).toBe(
      'other-project',
    ))
})

describe('inputs of auth', () => {
  it.each([`//iam.googleapis.com/${provider}`, `https://iam.googleapis.com/${provider}`])(
    'takes the provider as %s',
    (given) => expect(parse({ 'workload-identity-provider': given }).provider).toBe(provider),
  )
  it.each([
    [
      'workload-identity-provider',
      'projects/my-project/locations/global/workloadIdentityPools/github/providers/actions',
    ],
    ['service-account', 'not an address'],
    ['project-id', 'UPPER'],
    ['token-format', 'jwt'],
    ['access-token-lifetime', '29'],
    ['access-token-lifetime', '13h'],
    ['access-token-lifetime', 's'],
  ])('refuses %s = %s', (name, value) =>
    expect(() => parse({ [name]: value })).toThrow(expect.objectContaining({ code: 'INPUT', input: name })),
  )
  it.each([
    ['300s', 300],
    ['300', 300],
    ['1h', 3600],
    ['1h30m', 5400],
  ])("takes a lifetime as Google's action writes it: %s", (given, seconds) =>
    expect(parse({ access_token_lifetime: given }).lifetimeSeconds).toBe(seconds),
  )
  it('takes accounts by their unique ids, where no address is needed', () => {
    const id = '123456789012345678901'
    const ids = { 'service-account': '', service_account: id, delegates: `projects/-/serviceAccounts/${id}1` }
    expect(parse(ids)).toMatchObject({ serviceAccount: id, delegates: [`${id}1`] })
    const user = { 'token-format': 'access_token', 'access-token-subject': 'someone@example.com' }
    expect(() => parse({ ...ids, ...user })).toThrow(expect.objectContaining({ input: 'service_account' }))
  })
  it('refuses tokens that only a service account has, and an ID token without audience', () => {
    expect(() => parse({ 'service-account': '', 'token-format': 'access_token' })).toThrow(
      expect.objectContaining({ input: 'service-account' }),
    )
    expect(() => parse({ 'token-format': 'id_token' })).toThrow(
      expect.objectContaining({ input: 'id-token-audience' }),
    )
  })
})

describe('claims', () => {
  it('keeps what conditions test, and nothing of a token that is none', () => {
    const token = `x.${Buffer.from(JSON.stringify({ repository_id: '7', jti: 'secret', iat: 1 })).toString('base64url')}.sig`
    expect(describeClaims(decodeClaims(token))).toBe('repository_id=7')
    expect(decodeClaims('garbage')).toEqual({})
  })
})
