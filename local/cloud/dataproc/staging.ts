/**
 * Copies the files a batch names out of Cloud Storage into its private folder, with the workload account's
 * own rights and no others.
 */
import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Principal } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { StagedFiles } from './spark-command.ts'
import type { Workload } from './workload.ts'

export async function stageFiles(
  workload: Workload,
  folder: string,
  objects: ObjectStore,
  account: Principal,
): Promise<StagedFiles> {
  const fetchAll = (kind: string, uris: readonly string[]) =>
    Promise.all(uris.map((uri) => fetchFile(uri, join(folder, kind), objects, account)))
  const [main] = await fetchAll('main', workload.mainUri === undefined ? [] : [workload.mainUri])
  const [pythonFiles, jars, archives] = await Promise.all([
    fetchAll('python', workload.pythonUris),
    fetchAll('jars', workload.jarUris),
    fetchAll('archives', workload.archiveUris),
  ])
  // The managed runtime puts them into the working directory.
  const files = await fetchAll('work', workload.fileUris)
  return { main, pythonFiles, jars, archives, files }
}

async function fetchFile(
  uri: string,
  folder: string,
  objects: ObjectStore,
  account: Principal,
): Promise<string> {
  const [, bucket, object, alias = ''] = /^gs:\/\/([^/]+)\/(.+?)(#[\w.-]+)?$/s.exec(uri)!
  const found = await objects.stat(account, bucket!, object!)
  if (!found) throw new Error(`File not found: ${uri}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, object!.slice(object!.lastIndexOf('/') + 1))
  await copyFile(found.path, path, constants.COPYFILE_FICLONE)
  return path + alias
}
