/**
 * The words every service of the local cloud shares: request, reply, route, service, error. It refuses to
 * know any service by name.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/**
 * Who is calling, as carried by the access token. `member` is IAM's spelling, e.g.
 * `serviceAccount:caec-dbt@caec-local.iam.gserviceaccount.com`.
 */
export interface Principal {
  readonly member: string
  /**
   * `serviceAccount` e-mail, or the federated `principal://…` subject; shown as `user_email` and in errors.
   */
  readonly email: string
  /**
   * `principalSet://…` members that also cover this caller (direct Workload Identity Federation); empty for
   * service accounts.
   */
  readonly memberSets: readonly string[]
  /** OAuth scopes of the token in use; absent for a caller inside the cloud, which acts with all of them. */
  readonly scopes?: readonly string[]
}

/**
 * A resource in IAM's own naming, as conditions see it: `resource.name`, `resource.type`, `resource.service`,
 * and API attributes.
 */
export interface Resource {
  /**
   * e.g. `projects/_/buckets/caec-local-dags/objects/dags/x.py`,
   * `projects/caec-local/datasets/caec_raw/tables/t`, `projects/caec-local`.
   */
  readonly name: string
  /** e.g. `storage.googleapis.com/Object`. */
  readonly type: string
  /** e.g. `storage.googleapis.com`. */
  readonly service: string
  /**
   * e.g. `{'storage.googleapis.com/objectListPrefix': 'dags/'}`, read by `api.getAttribute()` in conditions.
   */
  readonly attributes?: Readonly<Record<string, string>>
}

/**
 * Decisions from `access.yaml`. Dataset access entries live in BigQuery itself, which asks `roleHas` for
 * them.
 */
export interface Access {
  /**
   * True when a binding of access.yaml on the resource or an ancestor grants the permission to this
   * principal.
   */
  allows(principal: Principal, permission: string, resource: Resource): boolean
  /** Like `allows`, but throws Google's 403 naming the permission and resource. */
  require(principal: Principal, permission: string, resource: Resource): void
  /**
   * True when `role` (predefined, custom `projects/P/roles/R`, or legacy READER/WRITER/OWNER of datasets)
   * contains the permission.
   */
  roleHas(role: string, permission: string): boolean
  /** Bindings that access.yaml puts on one dataset, as BigQuery shows them in `Dataset.access[]`. */
  datasetBindings(datasetId: string): readonly { readonly role: string; readonly member: string }[]
  /**
   * Like `allows`, but tells no listener: for a service that adds rights of its own and says with `decided`
   * what came of it.
   */
  grants(principal: Principal, permission: string, resource: Resource): boolean
  decided(decision: AccessDecision): void
  /** Called for each decision; tests and docs use it to list the permissions an action needs. */
  onDecision(listener: (decision: AccessDecision) => void): () => void
}
export interface AccessDecision {
  readonly principal: Principal
  readonly permission: string
  readonly resource: Resource
  readonly allowed: boolean
}

/** One request as a handler sees it. Nothing here is trusted: every value comes from the caller. */
export interface CloudRequest {
  readonly method: string
  /** Absolute URL on the cloud's own origin. */
  readonly url: URL
  /** Decoded `{name}` holes of the route. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  readonly principal: Principal
  /** The raw body (already gunzipped when `Content-Encoding: gzip` and the route is not `rawBody`). */
  readonly stream: Readable
  /** Whole body; at most `limitBytes` (default 10 MiB), else 413. */
  bytes(limitBytes?: number): Promise<Buffer>
  /** Whole body as a JSON object; 400 `parseError` when it is not one. An empty body is `{}`. */
  json(): Promise<Record<string, unknown>>
  /**
   * Shows the recorder a JSON part that was read from the stream (multipart uploads); for the contract tests.
   */
  noteJson(value: unknown): void
  /** Aborted when the client went away. */
  readonly signal: AbortSignal
}

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `application/json; charset=UTF-8`. */
  readonly json?: unknown
  readonly body?: Buffer | string | Readable
}

export interface Route {
  /** Google's discovery method id (`storage.objects.get`), or a local name starting with `local.`. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * Path template: `{x}` matches one segment (percent-decoded; an encoded slash stays inside), `{+x}` matches
   * the rest greedily. A `:verb` suffix is literal.
   */
  readonly path: string
  /**
   * True for endpoints Google answers without a bearer token (STS, OIDC discovery, metadata). `principal` is
   * then `anonymous`.
   */
  readonly isPublic?: boolean
  /** True when the handler wants the body exactly as sent, still encoded. */
  readonly isRawBody?: boolean
  /** Overrides the service's error shape, where one service answers in two (STS beside IAM credentials). */
  readonly errorStyle?: Service['errorStyle']
  readonly handler: (request: CloudRequest) => Promise<Reply> | Reply
}

export interface Service {
  readonly name: string
  readonly routes: readonly Route[]
  /**
   * Shape of this service's errors: `legacy` (Storage, BigQuery: `errors[]`), `rpc` (`status`, `details[]`),
   * `oauth` (STS: `error`, `error_description`).
   */
  readonly errorStyle: 'legacy' | 'rpc' | 'oauth'
  /**
   * Parameters by method id that change nothing here: official clients send them where Google has none, or they ask
   * for what cannot be.
   */
  readonly idleParameters?: Readonly<Record<string, readonly string[]>>
  /** Ends child processes and flushes; safe to call twice. */
  close?(): Promise<void>
}

/**
 * What every service gets at start. Each keeps its files under its own `stateDir` and must survive kill -9 at
 * any moment.
 */
export interface ServiceContext {
  readonly stateDir: string
  /** The origin, e.g. `http://127.0.0.1:40123`; known before services start. */
  readonly origin: string
  readonly environment: Environment
  readonly access: Access
  /** Milliseconds since 1970; injectable for tests. */
  readonly now: () => number
  /** One line for the person at the terminal; never a token. */
  readonly log: (line: string) => void
  /**
   * Answers a request that came inside another one (batch endpoints), with its own authentication and
   * decision. Never rejects: errors are replies.
   */
  readonly dispatch: (request: InnerRequest) => Promise<InnerReply>
}

export interface InnerRequest {
  readonly method: string
  /** Path and query, or an absolute URL whose host is ignored. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body?: Buffer
}
export interface InnerReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/**
 * The part of `terraform-infra/environments/<env>/environment.yaml` that services read; the file's JSON
 * Schema says the rest.
 */
export interface Environment {
  readonly project: string
  readonly projectNumber: string
  readonly region: string
  /** Absent: batches run in the project's network `default`. */
  readonly network?: { readonly vpc: string; readonly subnetwork: string; readonly range: string }
  readonly buckets: {
    readonly raw: string
    readonly lake: string
    readonly staging: string
    readonly dags: string
  }
  readonly datasets: { readonly raw: string; readonly analytics: string; readonly insights: string }
  readonly composer: { readonly name: string; readonly imageVersion: string }
  readonly serviceAccounts: Readonly<Record<string, string>>
}

/**
 * A refusal in Google's words. `status` is the HTTP code; `rpcStatus` the canonical name (derived when
 * absent).
 */
export class CloudError extends Error {
  readonly status: number
  readonly reason: string
  readonly rpcStatus: string
  readonly details: readonly Record<string, unknown>[]
  readonly location?: string
  constructor(
    status: number,
    reason: string,
    message: string,
    options: { rpcStatus?: string; details?: readonly Record<string, unknown>[]; location?: string } = {},
  ) {
    super(message)
    this.name = 'CloudError'
    this.status = status
    this.reason = reason
    this.rpcStatus = options.rpcStatus ?? RPC_STATUS[status] ?? 'UNKNOWN'
    this.details = options.details ?? []
    this.location = options.location
  }
}

/**
 * HTTP to canonical code, google/rpc/code.proto (409 is ambiguous there: ALREADY_EXISTS unless the thrower
 * says ABORTED).
 */
const RPC_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  412: 'FAILED_PRECONDITION',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export const anonymous: Principal = { member: 'allUsers', email: 'anonymous', memberSets: [] }
