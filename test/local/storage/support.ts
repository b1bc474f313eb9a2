/** What the storage tests share: a cloud with their own access file and short names for raw requests. */
import { join } from 'node:path'
import { startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'
import type { CloudOptions } from '../../../local/cloud/server.ts'

export const bucket = 'caec-local-staging'
const accessFile = join(import.meta.dirname, 'access.yaml')

export function startStorage(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  return startTestCloud({ services: ['storage'], accessFile, ...options })
}

export interface Answer {
  readonly status: number
  readonly json: any
  readonly text: string
  readonly headers: Headers
}
export type Call = (
  method: string,
  path: string,
  options?: { body?: BodyInit | object; headers?: Record<string, string>; as?: Persona },
) => Promise<Answer>

export function caller(cloud: () => TestCloud): Call {
  return async (method, path, { body, headers = {}, as = 'data-eng' } = {}) => {
    const response = await cloud().fetchAs(as, path, { method, body, headers, redirect: 'manual' })
    const text = Buffer.from(await response.arrayBuffer()).toString('utf8')
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      text,
      headers: response.headers,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }
}

export const objectPath = (name: string, inBucket = bucket) =>
  `/storage/v1/b/${inBucket}/o/${encodeURIComponent(name)}`
export const mediaPath = (name: string, query = '') =>
  `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}${query}`
export const resumablePath = (name: string, query = '') =>
  `/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}${query}`

/** The options of a call to `multipartPath`. */
export const multipart = (json: string, content: string, lineEnd = '\r\n') => ({
  headers: { 'content-type': 'multipart/related; boundary="===b=="' },
  body: [
    '--===b==',
    'Content-Type: application/json',
    '',
    json,
    '--===b==',
    'Content-Type: text/plain',
    '',
    content,
    '--===b==--',
    '',
  ].join(lineEnd),
})
export const multipartPath = `/upload/storage/v1/b/${bucket}/o?uploadType=multipart`

/** The first error item of Google's legacy shape. */
export const reasonOf = (answer: Answer): string => answer.json.error.errors[0].reason
