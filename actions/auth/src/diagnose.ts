/**
 * Says what to do about a refused identity: the fix first, then the clause that is false, then the claims. It
 * refuses to advise a grant that is wider than this job needs.
 */
import { GoogleApiError } from '../../_shared/errors.ts'
import type { ProblemId } from '../../_shared/problems.ts'
import { describeClaims, textOf, type Claims } from './claims.ts'
import { describeClauses, judgeCondition, NO_NUMBERS } from './condition.ts'
import type { AuthInputs } from './inputs.ts'

interface Advice {
  readonly problem?: ProblemId
  readonly hint: string
}
type Asked = Pick<AuthInputs, 'provider' | 'serviceAccount' | 'condition' | 'delegates'>

export async function diagnose(
  error: unknown,
  inputs: Asked,
  claims: Claims,
  nowMs: number,
): Promise<unknown> {
  const isRefused =
    error instanceof GoogleApiError && error.status >= 400 && error.status < 500 && error.status !== 429
  if (!isRefused || Object.keys(claims).length === 0 || error.problem === 'not-google') return error
  const advice = (await adviceOf(error, inputs, claims, nowMs)) ?? {
    problem: error.problem,
    hint: error.hint ?? '',
  }
  const { method, resource, status, reason, isRetryable } = error
  return new GoogleApiError(error.message, {
    method,
    resource,
    status,
    reason,
    isRetryable,
    problem: advice.problem ?? error.problem,
    hint: [advice.hint, `Claims of this job's token: ${describeClaims(claims)}`].filter(Boolean).join('\n'),
  })
}

async function adviceOf(
  error: GoogleApiError,
  inputs: Asked,
  claims: Claims,
  nowMs: number,
): Promise<Advice | undefined> {
  const { message } = error
  const issuer = textOf(claims, 'iss') ?? 'unknown'
  if (/rejected by the attribute condition/i.test(message)) return conditionAdvice(inputs, claims)
  if (
    /Could not obtain a value for|must be of type STRING|attribute mapping/i.test(message) &&
    !/127 bytes/.test(message)
  )
    return {
      problem: 'wif-mapping',
      hint: `Correct the provider's attribute mapping: it reads a claim that this token lacks, or one that is not a text.${claims.environment === undefined ? ' This job names no environment, so assertion.environment is missing.' : ''} Map only claims that every job has (repository_id, repository_owner_id, ref), or write has(assertion.NAME) ? assertion.NAME : "".`,
    }
  if (/127 bytes/.test(message))
    return {
      problem: 'wif-subject',
      hint: `The mapped google.subject is too long (sub has ${Buffer.byteLength(textOf(claims, 'sub') ?? '')} bytes, 127 are allowed): map it to ids, for example google.subject = assertion.repository_id + ":" + assertion.run_id.`,
    }
  const clock = clockAdvice(message, claims, nowMs)
  if (clock !== undefined) return clock
  const expected = /expected audience (.+?)\.?(?:$| \()/.exec(message)?.[1]
  if (/audience in ID Token/i.test(message))
    return {
      problem: 'wif-audience',
      hint: `Set the input audience to what the provider accepts${expected === undefined ? '' : ` (${expected})`}, or remove the allowed audiences from the provider: it then accepts its own name, which is the default here. This token's audience is ${textOf(claims, 'aud') ?? 'none'}.`,
    }
  if (/issuer in ID Token/i.test(message))
    return {
      problem: 'wif-issuer',
      hint: `The token comes from ${issuer}, and the provider trusts another issuer: set the provider's issuer URI to exactly that${/token\.actions\.githubusercontent\.com/.test(issuer) ? '' : ' (GitHub Enterprise Server has its own; if Google cannot reach it, upload its keys as JWKS)'}.`,
    }
  if (/connecting to the given credential's issuer|Unable to verify the ID Token signature/i.test(message))
    return {
      problem: 'wif-issuer',
      hint: `Google could not check the signature with the keys of ${issuer}: if Google cannot reach that server, upload its current keys to the provider (gcloud iam workload-identity-pools providers update-oidc --jwk-json-path=FILE), and again whenever they change.`,
    }
  return accountAdvice(error, inputs, claims)
}

async function conditionAdvice(inputs: Asked, claims: Claims): Promise<Advice> {
  if (inputs.condition === '') {
    const lacks = claims.environment === undefined
    return {
      problem: 'wif-condition',
      hint: [
        `The provider's attribute condition says no to this job${lacks ? ', which names no environment (a condition that reads assertion.environment then fails: add "environment: NAME" to the job)' : ''}. Compare it with the claims below: upper and lower case matter, and a fork or a renamed repository has other values.`,
        'Give the condition as input attribute-condition, and the clause that says no is marked here. It is shown by: gcloud iam workload-identity-pools providers describe PROVIDER --workload-identity-pool=POOL --location=global --format="value(attributeCondition)"',
      ].join('\n'),
    }
  }
  const clauses = await judgeCondition(inputs.condition, claims)
  const wrong = clauses.filter(({ verdict }) => verdict === 'false' || verdict === 'error')
  const failed = clauses.find(({ verdict }) => verdict === 'error')
  const isNumber = clauses.some(({ why }) => why.startsWith(NO_NUMBERS))
  const fix = isNumber
    ? 'Correct the condition: every claim is a text: compare it with a quoted value.'
    : failed === undefined
      ? wrong.length === 0
        ? 'No clause of attribute-condition says no to this job, so the provider has another condition: compare the two.'
        : `Run this from where the condition allows it, or correct the condition: ${wrong.length === 1 ? 'this clause is' : 'these clauses are'} false for this job.`
      : /\benvironment\b/.test(failed.text) && claims.environment === undefined
        ? 'Add "environment: NAME" to the job: the condition reads assertion.environment, which only a job with an environment has. This is an error of the condition, not a false answer; it rejects all the same.'
        : 'The condition cannot be evaluated for this token, which rejects it: correct the marked clause (every claim is a text: compare it with a quoted value, and guard an absent one with has()).'
  return { problem: 'wif-condition', hint: `${fix}\n${describeClauses(clauses)}` }
}

function clockAdvice(message: string, claims: Claims, nowMs: number): Advice | undefined {
  if (!/stale to sign-in|is in the future|not valid before|token (is|has) expired/i.test(message))
    return undefined
  const madeMs = Number(claims.iat) * 1000
  const minutes = Math.round(Math.abs(nowMs - madeMs) / 60_000)
  const isOff = Number.isFinite(madeMs) && minutes >= 1
  return {
    problem: 'wif-clock',
    hint: `${isOff ? `Set the clocks right: the token says it was made ${minutes} minutes ${madeMs > nowMs ? 'after' : 'before'} what this runner's clock says.` : 'Run again: the token was too old when it arrived.'} A token lives five minutes; on GitHub Enterprise Server it carries that server's clock (NTP), and a proxy must not keep answers.`,
  }
}

function accountAdvice(error: GoogleApiError, inputs: Asked, claims: Claims): Advice | undefined {
  const { message, status } = error
  const account = inputs.serviceAccount
  if (account === undefined || !error.method.startsWith('iamcredentials.')) return undefined
  if (status === 401)
    return {
      problem: 'unauthenticated',
      hint: 'Run again: IAM Credentials refused the token that STS had just made, and a second fresh one too. If it stays, something in between changes the Authorization header (a proxy, CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS).',
    }
  if (status === 404 || /Gaia id not found|Unknown service account/i.test(message))
    return {
      problem: 'unknown-account',
      hint: `Correct service-account: there is no account ${account} (it may have been deleted; a new one of the same name needs its grants again). gcloud iam service-accounts list --project=PROJECT`,
    }
  if (/implicitDelegation/.test(message))
    return {
      problem: 'impersonation',
      hint: `Grant each account of the chain roles/iam.serviceAccountTokenCreator on the next one: ${[...inputs.delegates, account].join(' → ')}.`,
    }
  if (status !== 403 || !/iam\.serviceAccounts\.(getAccessToken|getOpenIdToken|signJwt)/.test(message))
    return undefined
  if (/SERVICE_DISABLED|has not been used in project/.test(message)) return undefined
  const pool = inputs.provider.replace(/\/providers\/.*/, '')
  const member = (attribute: string, claim: string) =>
    `principalSet://iam.googleapis.com/${pool}/attribute.${attribute}/${textOf(claims, claim) ?? ''}`
  const may = /getOpenIdToken/.test(message)
    ? 'roles/iam.serviceAccountOpenIdTokenCreator'
    : /signJwt/.test(message)
      ? 'roles/iam.serviceAccountTokenCreator'
      : 'roles/iam.workloadIdentityUser'
  if (claims.environment === undefined)
    return {
      problem: 'impersonation',
      hint: `If ${account} trusts the jobs of an environment, add "environment: NAME" to this job: it names none, so its token has no such claim, and no grant needs to change. Do not widen the grant to the pool. Only if the account trusts no environment: check the address, and grant ${may} on it to ${member('repository_id', 'repository_id')} alone. A new grant takes up to five minutes.`,
    }
  return {
    problem: 'impersonation',
    hint: `Check the address ${account}; if it is right, grant ${may} on this account alone to ${member('environment', 'environment')} (where the provider maps attribute.environment and its condition names your repository) or to ${member('repository_id', 'repository_id')}. A new grant takes up to five minutes.`,
  }
}
