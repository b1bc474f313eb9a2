/**
 * An auth client for Google's libraries whose tokens come from our own token chain: a new OIDC token for every
 * exchange, an end to every wait. It refuses to hand out a token before it is masked.
 */
import { IdentityPoolClient, type Credentials } from 'google-auth-library'
import { openTransport } from './transport.ts'

export interface Token {
  readonly value: string
  readonly expiresAtMs: number | undefined
}

export class JobIdentity extends IdentityPoolClient {
  readonly #renew: () => Promise<Token>
  #pending: Promise<Token> | undefined

  /** @param renew makes a new, masked token. */
  constructor(options: {
    audience: string
    tokenUrl: string
    universeDomain: string
    quotaProjectId?: string
    renew: () => Promise<Token>
  }) {
    super({
      type: 'external_account',
      audience: options.audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: options.tokenUrl,
      universe_domain: options.universeDomain,
      quota_project_id: options.quotaProjectId,
      subject_token_supplier: {
        getSubjectToken: () => Promise.reject(new Error('the library must not exchange tokens itself')),
      },
      transporter: openTransport(),
    })
    this.#renew = options.renew
  }

  /** All who wait at the same time share one exchange. */
  protected override async refreshAccessTokenAsync(): Promise<Credentials> {
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = undefined
    })
    const { value, expiresAtMs } = await this.#pending
    const credentials = { access_token: value, expiry_date: expiresAtMs, token_type: 'Bearer' }
    this.setCredentials(credentials)
    this.emit('tokens', credentials)
    return credentials
  }
}
