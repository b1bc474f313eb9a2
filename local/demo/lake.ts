/**
 * Puts files into the raw bucket and reads the lake's counts, through Cloud Storage's official client as the
 * data engineer. It refuses half an upload.
 */
import { Storage } from '@google-cloud/storage'
import { personaClient } from './persona-client.ts'

export interface StorageAccess {
  readonly origin: string
  readonly project: string
  readonly credentialsFile: string
}

const clientOf = async (access: StorageAccess): Promise<Storage> =>
  new Storage({
    projectId: access.project,
    apiEndpoint: access.origin,
    authClient: await personaClient(access.credentialsFile),
    useAuthWithCustomEndpoint: true,
  })

export const uploadFile = async (
  access: StorageAccess,
  file: string,
  bucket: string,
  name: string,
  contentType: string,
): Promise<void> => {
  const target = (await clientOf(access)).bucket(bucket).file(name)
  // Opened by hand: the client (8.4) forgets `useAuthWithCustomEndpoint` when it opens a resumable session
  // itself. The session is its own credential.
  const [uri] = await target.createResumableUpload({ metadata: { contentType } })
  await target.bucket.upload(file, {
    destination: target,
    uri,
    gzip: false,
    validation: 'crc32c',
    resumable: true,
  })
}

export const readJson = async (
  access: StorageAccess,
  bucket: string,
  name: string,
): Promise<Record<string, unknown>> => {
  const [content] = await (await clientOf(access)).bucket(bucket).file(name).download()
  return JSON.parse(content.toString('utf8')) as Record<string, unknown>
}
