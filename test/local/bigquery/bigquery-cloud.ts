/** A local cloud with Storage and BigQuery only, and short words for its REST API. */
import { startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'

export interface Answer {
  readonly status: number
  readonly body: any
  readonly headers: Headers
}
export interface BigQueryCloud extends TestCloud {
  readonly project: string
  api(
    persona: Persona,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** Starts a job and waits until it is done. */
  run(persona: Persona, configuration: unknown, jobId?: string): Promise<any>
  /** One query, rows as lists of cell values. */
  query(
    persona: Persona,
    sql: string,
    more?: Record<string, unknown>,
  ): Promise<Answer & { rows: unknown[][] }>
  /** A load job with the content in the request. */
  upload(persona: Persona, load: unknown, content: string | Buffer): Promise<any>
  finished(persona: Persona, job: any): Promise<any>
}

export async function openBigQuery(
  options: Parameters<typeof startTestCloud>[0] = {},
): Promise<BigQueryCloud> {
  const cloud = await startTestCloud({ services: ['storage', 'bigquery'], ...options })
  const project = cloud.cloud.environment.project
  const base = `/bigquery/v2/projects/${project}`
  const read = async (response: Response): Promise<Answer> => {
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      headers: response.headers,
    }
  }
  const api: BigQueryCloud['api'] = async (persona, method, path, body, headers = {}) =>
    read(
      await cloud.fetchAs(persona, base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(body === undefined ? {} : { headers: { 'content-type': 'application/json', ...headers } }),
      }),
    )
  const finished: BigQueryCloud['finished'] = async (persona, job) => {
    for (;;) {
      const { body } = await api(
        persona,
        'GET',
        `/jobs/${job.jobReference.jobId}?location=${job.jobReference.location}`,
      )
      if (body.status.state === 'DONE') return body
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    ...cloud,
    project,
    api,
    finished,
    run: async (persona, configuration, jobId) => {
      const { status, body } = await api(persona, 'POST', '/jobs', {
        configuration,
        ...(jobId ? { jobReference: { projectId: project, jobId, location: 'us-central1' } } : {}),
      })
      if (status !== 200) throw new Error(JSON.stringify(body))
      return finished(persona, body)
    },
    query: async (persona, sql, more = {}) => {
      const answer = await api(persona, 'POST', '/queries', {
        query: sql,
        useLegacySql: false,
        timeoutMs: 60_000,
        ...more,
      })
      return {
        ...answer,
        rows: (answer.body.rows ?? []).map((row: { f: { v: unknown }[] }) => row.f.map((cell) => cell.v)),
      }
    },
    upload: async (persona, load, content) => {
      const boundary = 'a-boundary'
      const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ configuration: { load } })}\r\n--${boundary}\r\ncontent-type: */*\r\n\r\n`
      const answer = await read(
        await cloud.fetchAs(persona, `/upload${base}/jobs?uploadType=multipart`, {
          method: 'POST',
          headers: { 'content-type': `multipart/related; boundary=${boundary}` },
          body: Buffer.concat([
            Buffer.from(head),
            Buffer.from(content),
            Buffer.from(`\r\n--${boundary}--\r\n`),
          ]),
        }),
      )
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return finished(persona, answer.body)
    },
  }
}

export const raw = (tableId: string) => ({ projectId: 'caec-local', datasetId: 'caec_raw', tableId })
export const analytics = (tableId: string) => ({
  projectId: 'caec-local',
  datasetId: 'caec_analytics',
  tableId,
})
export const insights = (tableId: string) => ({
  projectId: 'caec-local',
  datasetId: 'caec_insights',
  tableId,
})
export const rowsOf = (answer: Answer): unknown[][] =>
  (answer.body.rows ?? []).map((row: { f: { v: unknown }[] }) => row.f.map((cell) => cell.v))

/** What the data engineer asks of a cloud that is opened later: rows, or the sentence of a refusal (400). */
export const asDataEngineer = (cloud: () => BigQueryCloud) => ({
  sql: async (text: string): Promise<unknown[][]> => {
    const { status, body, rows } = await cloud().query('data-eng', text)
    if (status !== 200) throw new Error(body.error.message)
    return rows
  },
  refusal: async (text: string): Promise<string> => {
    const { status, body } = await cloud().query('data-eng', text)
    // The bench opens this cloud too, where there is no jest.
    if (status !== 400) throw new Error(`${text}: it was answered with ${status}, not refused`)
    return body.error.message
  },
})
