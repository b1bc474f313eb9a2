// Stands for google-github-actions/auth with workload identity federation: the same file and the same variables. Keys
// and every other way to sign in are refused.
import { randomBytes } from 'node:crypto'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const { env } = process
const input = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()
const [provider, account, format] = ['workload_identity_provider', 'service_account', 'token_format'].map(
  input,
)

async function ask(url, what, init) {
  const answer = await fetch(url, { redirect: 'error', ...init })
  const body = await answer.json()
  if (answer.ok) return body
  throw new Error(`${what}: ${body.error_description ?? body.error?.message ?? `HTTP ${answer.status}`}`)
}
const json = { 'content-type': 'application/json' }

async function signIn() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env
  if (!address)
    throw new Error('this job may not ask for an OIDC token; write permissions: { id-token: write }')
  if (!/^projects\/[^/]+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.test(provider))
    throw new Error(
      `workload_identity_provider '${provider}' is not projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`,
    )
  if (!['', 'access_token'].includes(format))
    throw new Error(
      `token_format ${format} is not supported by this runner's stand-in; name a checkout of the real action with --action google-github-actions/auth=PATH`,
    )
  if (input('create_credentials_file') !== 'true')
    throw new Error("create_credentials_file: false is not supported by this runner's stand-in")
  const url = new URL(address)
  url.searchParams.set('audience', `https://iam.googleapis.com/${provider}`)
  const headers = { Authorization: `Bearer ${bearer}` }
  const impersonation = `${env.GHA_ENDPOINT_OVERRIDE_iamcredentials}/projects/-/serviceAccounts/${account}:generateAccessToken`
  const file = join(env.GITHUB_WORKSPACE, `gha-creds-${randomBytes(8).toString('hex')}.json`)
  const credentials = {
    universe_domain: 'googleapis.com',
    type: 'external_account',
    audience: `//iam.googleapis.com/${provider}`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${env.GHA_ENDPOINT_OVERRIDE_sts}/token`,
    credential_source: { url, headers, format: { type: 'json', subject_token_field_name: 'value' } },
    ...(account ? { service_account_impersonation_url: impersonation } : {}),
  }
  // The real action asks as well: a claim that the provider refuses is found here and not three steps later.
  const { value } = await ask(url, 'GitHub gave no OIDC token', { headers })
  const exchanged = await ask(credentials.token_url, 'the provider refused the token of this job', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({
      audience: credentials.audience,
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subjectTokenType: credentials.subject_token_type,
      subjectToken: value,
    }),
  })
  let token = exchanged.access_token
  process.stdout.write(`::add-mask::${token}\n`)
  if (account) {
    const given = await ask(impersonation, `${account} may not be used by this job`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: JSON.stringify({ scope: ['https://www.googleapis.com/auth/cloud-platform'] }),
    })
    token = given.accessToken
    process.stdout.write(`::add-mask::${token}\n`)
  }
  writeFileSync(file, JSON.stringify(credentials), { mode: 0o640 })
  appendFileSync(env.GITHUB_STATE, `file=${file}\n`)
  const project = input('project_id') || /@(.+)\.iam\.gserviceaccount\.com$/.exec(account)?.[1] || ''
  const outputs = {
    project_id: project,
    credentials_file_path: file,
    auth_token: exchanged.access_token,
    ...(format ? { access_token: token } : {}),
  }
  for (const [name, text] of Object.entries(outputs)) appendFileSync(env.GITHUB_OUTPUT, `${name}=${text}\n`)
  if (input('export_environment_variables') !== 'true') return
  const files = [
    'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_GHA_CREDS_PATH',
  ]
  const projects = [
    'CLOUDSDK_CORE_PROJECT',
    'CLOUDSDK_PROJECT',
    'GCLOUD_PROJECT',
    'GCP_PROJECT',
    'GOOGLE_CLOUD_PROJECT',
  ]
  for (const name of files) appendFileSync(env.GITHUB_ENV, `${name}=${file}\n`)
  for (const name of projects) if (project) appendFileSync(env.GITHUB_ENV, `${name}=${project}\n`)
}

signIn().catch((error) => {
  process.stdout.write(`::error::google-github-actions/auth: ${error.message.replaceAll('\n', ' ')}\n`)
  process.exitCode = 1
})
