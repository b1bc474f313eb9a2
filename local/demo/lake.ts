/** Puts files into the raw bucket and reads the lake's counts, through Cloud Storage's official client as the data engineer. It refuses half an upload. */
import { Storage } from '@google-cloud/storage'

export interface StorageAccess {
  readonly origin: string
  readonly project: string
  readonly credentialsFile: string
}

const clientOf = (access: StorageAccess): Storage =>
  new Storage({ projectId: access.project, apiEndpoint: access.origin, keyFilename: access.credentialsFile, useAuthWithCustomEndpoint: true })

export const uploadFile = async (access: StorageAccess, file: string, bucket: string, name: string, contentType: string): Promise<void> => {
  await clientOf(access).bucket(bucket).upload(file, { destination: name, contentType, gzip: false, validation: 'crc32c', resumable: true })
}

export const readJson = async (access: StorageAccess, bucket: string, name: string): Promise<Record<string, unknown>> => {
  const [content] = await clientOf(access).bucket(bucket).file(name).download()
  return JSON.parse(content.toString('utf8')) as Record<string, unknown>
}
