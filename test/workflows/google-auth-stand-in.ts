/**
 * A stand-in for google-github-actions/auth, which no registry carries: it leaves the same file and the same
 * eight variables, and asks nobody but the local cloud.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const actionFile = `name: Authenticate to Google Cloud (stand-in)
description: Writes what google-github-actions/auth writes.
inputs:
  workload_identity_provider: { description: Provider, required: true }
  service_account: { description: Account, required: true }
runs:
  using: node24
  main: index.js
`

/** As src/client/workload_identity_federation.ts and src/main.ts of v3 write it. */
const code = (origin: string): string => `'use strict'
const { randomBytes } = require('node:crypto')
const { appendFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { GITHUB_WORKSPACE, GITHUB_ENV, INPUT_WORKLOAD_IDENTITY_PROVIDER: provider, INPUT_SERVICE_ACCOUNT: account, ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN } = process.env
const url = new URL(ACTIONS_ID_TOKEN_REQUEST_URL)
url.searchParams.set('audience', 'https://iam.googleapis.com/' + provider)
const file = join(GITHUB_WORKSPACE, 'gha-creds-' + randomBytes(8).toString('hex') + '.json')
writeFileSync(file, JSON.stringify({
  universe_domain: 'googleapis.com', type: 'external_account', audience: '//iam.googleapis.com/' + provider,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: '${origin}/v1/token',
  credential_source: { url, headers: { Authorization: 'Bearer ' + ACTIONS_ID_TOKEN_REQUEST_TOKEN }, format: { type: 'json', subject_token_field_name: 'value' } },
  service_account_impersonation_url: '${origin}/v1/projects/-/serviceAccounts/' + account + ':generateAccessToken',
}), { mode: 0o640 })
const project = account.split('@')[1].split('.')[0]
for (const name of ['CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE', 'GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_GHA_CREDS_PATH']) appendFileSync(GITHUB_ENV, name + '=' + file + '\\n')
for (const name of ['CLOUDSDK_CORE_PROJECT', 'CLOUDSDK_PROJECT', 'GCLOUD_PROJECT', 'GCP_PROJECT', 'GOOGLE_CLOUD_PROJECT']) appendFileSync(GITHUB_ENV, name + '=' + project + '\\n')
`

/** The folder of its checkout, for `--repository google-github-actions/auth=PATH`. */
export function googleAuthStandIn(scratch: string, origin: string): string {
  const folder = path.join(scratch, 'google-auth-stand-in')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'action.yml'), actionFile)
  writeFileSync(path.join(folder, 'index.js'), code(origin))
  return folder
}
