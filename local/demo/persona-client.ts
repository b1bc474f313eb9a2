/**
 * An authorised client from a persona's credentials file: the whole federation chain, as everyone else runs
 * it. It refuses any other kind of file.
 */
import { readFile } from 'node:fs/promises'
import { IdentityPoolClient } from 'google-auth-library'
import type { IdentityPoolClientOptions } from 'google-auth-library'

const scopes = ['https://www.googleapis.com/auth/cloud-platform']

export const personaClient = async (credentialsFile: string): Promise<IdentityPoolClient> => {
  const options = JSON.parse(await readFile(credentialsFile, 'utf8')) as IdentityPoolClientOptions & {
    type?: string
  }
  if (options.type !== 'external_account')
    throw new Error(`${credentialsFile} is not a credentials file of the local cloud`)
  return new IdentityPoolClient({ ...options, scopes })
}
