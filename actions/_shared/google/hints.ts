/**
 * Google's error texts and what to do about them. It refuses to match on anything but status, reason and
 * Google's published wording.
 */
import type { ProblemId } from '../problems.ts'

interface Sign {
  /** Google's method id. */
  readonly method?: RegExp
  readonly status?: number | readonly number[]
  readonly isPage?: true
  readonly reason?: RegExp
  readonly text?: RegExp
  readonly problem: ProblemId
  readonly hint: string
}

// Wording from google-github-actions/auth TROUBLESHOOTING.md and Google's troubleshooting page of Workload
// Identity Federation.
const SIGNS: readonly Sign[] = [
  {
    reason: /^(RESOURCE_EXHAUSTED|RATE_LIMIT_EXCEEDED|\w*(rateLimit|quota)Exceeded)$/i,
    problem: 'quota',
    hint: 'Too much was asked at once, or a quota is used up: nothing is forbidden. Wait a minute and run again, or ask for a higher quota.',
  },
  {
    status: 429,
    problem: 'quota',
    hint: 'Too much was asked at once, or a quota is used up: nothing is forbidden. Wait a minute and run again, or ask for a higher quota.',
  },
  {
    reason: /^redirect$/,
    problem: 'not-google',
    hint: 'Google answers API requests without redirects: a proxy or an endpoint override stands in between. Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_….',
  },
  {
    status: 407,
    problem: 'not-google',
    hint: 'The proxy of HTTPS_PROXY wants a user and a password, or other ones.',
  },
  {
    isPage: true,
    status: [200, 400, 401, 403, 404, 405, 502, 503, 504],
    problem: 'not-google',
    hint: 'A web page came where the API answers JSON: is a proxy in between? Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_….',
  },
  {
    method: /^oidc\.token$/,
    status: [400, 401, 403, 404],
    problem: 'oidc-token',
    hint: 'GitHub gives this job no OIDC token: give the job "permissions: { contents: read, id-token: write }" (the caller of a reusable workflow too), and use the credentials only while the job runs.',
  },
  {
    text: /rejected by the attribute condition/i,
    problem: 'wif-condition',
    hint: "The provider's attribute condition is false for this job. Compare it with the token's claims: repository_id, repository_owner_id, ref, environment, event_name; upper and lower case matter, and a fork or a renamed repository has other values.",
  },
  {
    reason: /invalid_target/,
    problem: 'wif-provider',
    hint: "workload-identity-provider must be projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER with the project's number (not its id), of a provider that exists and is enabled.",
  },
  {
    text: /audience in ID Token|does not match the expected audience|audience mismatch/i,
    problem: 'wif-audience',
    hint: 'The provider accepts another audience: set the input audience to one of its allowed audiences, or remove them there.',
  },
  {
    text: /issuer in ID Token .* does not match/i,
    problem: 'wif-issuer',
    hint: 'The provider trusts another issuer. On GitHub Enterprise the issuer differs from https://token.actions.githubusercontent.com.',
  },
  {
    text: /127 bytes/,
    problem: 'wif-subject',
    hint: 'The mapped google.subject is too long; map it to ids (repository_id) instead of assertion.sub.',
  },
  {
    text: /iam\.serviceAccounts\.(getAccessToken|getOpenIdToken|signJwt|implicitDelegation)/,
    problem: 'impersonation',
    hint: "Grant roles/iam.workloadIdentityUser on this service account to the pool's principalSet, or roles/iam.serviceAccountTokenCreator to the account that is to become it, and check the e-mail address. A new grant takes up to five minutes.",
  },
  {
    text: /iam\.serviceAccounts\.actAs|actAs/,
    problem: 'act-as',
    hint: "Grant roles/iam.serviceAccountUser on the workload's service account to the identity that submits.",
  },
  {
    text: /Expected OAuth 2 access token/,
    problem: 'token-kind',
    hint: 'The token is missing or expired, or this API does not take federated tokens: authenticate in an earlier step with service-account set.',
  },
  {
    reason: /SERVICE_DISABLED|accessNotConfigured/,
    problem: 'api-disabled',
    hint: 'Enable the API in the project that the message names; it may be the quota project.',
  },
  {
    text: /has not been used in project .* before or it is disabled/,
    problem: 'api-disabled',
    hint: 'Enable the API in the project that the message names; it may be the quota project.',
  },
  {
    text: /Org Policy violated/i,
    problem: 'org-policy',
    hint: 'An organization policy (constraints/iam.workloadIdentityPoolProviders) forbids this issuer.',
  },
  {
    text: /lifetime cannot exceed/i,
    problem: 'token-lifetime',
    hint: 'access-token-lifetime above 3600 s needs the organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension.',
  },
  {
    text: /executeAirflowCommand/,
    problem: 'airflow-permission',
    hint: 'roles/composer.user lacks this permission: bind a custom role with composer.environments.get and composer.environments.executeAirflowCommand.',
  },
  {
    status: 401,
    problem: 'unauthenticated',
    hint: 'Authenticate in an earlier step of the same job (credentials do not pass from job to job).',
  },
  {
    status: 403,
    text: /bigquery\.datasets\.setIamPolicy/,
    problem: 'permission-denied',
    hint: 'Grant that permission on the dataset to the identity of this job; or leave its access list alone: name it in authorize-except (public data).',
  },
  {
    status: 403,
    problem: 'permission-denied',
    hint: 'Grant the permission named above to the identity of this job; a new grant takes up to five minutes.',
  },
  {
    status: 404,
    problem: 'not-found',
    hint: 'Check the name, the project and the location; Google also answers this where the identity may not know whether the thing exists.',
  },
  {
    status: 0,
    problem: 'no-answer',
    hint: 'No answer came. If the network needs a proxy, set HTTPS_PROXY; otherwise run again.',
  },
]

/** The hint and the entry of docs/troubleshooting.md that explains it. */
export function hintFor(answer: {
  method: string
  status: number
  reason: string
  text: string
  isPage?: boolean
}): { readonly hint: string; readonly problem: ProblemId } | undefined {
  return SIGNS.find(
    (sign) =>
      (sign.method === undefined || sign.method.test(answer.method)) &&
      (sign.isPage === undefined || answer.isPage === true) &&
      (sign.status === undefined || [sign.status].flat().includes(answer.status)) &&
      (sign.reason === undefined || sign.reason.test(answer.reason)) &&
      (sign.text === undefined || sign.text.test(answer.text)),
  )
}
