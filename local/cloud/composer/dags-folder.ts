/**
 * Copies the dags/ folder of the bucket to disk as it is at this moment, read as the environment's own
 * account; it never follows a name out of the folder.
 */
import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pMap from 'p-map'
import type { Principal } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'

const PREFIX = 'dags/'

export async function copyDags(
  objects: ObjectStore,
  account: Principal,
  bucket: string,
  target: string,
): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 })
  const found = await objects.list(account, bucket, PREFIX)
  await pMap(
    found.filter(({ name }) => isFileName(name)),
    async ({ name, path }) => {
      const file = join(target, name.slice(PREFIX.length))
      await mkdir(dirname(file), { recursive: true })
      await copyFile(path, file, constants.COPYFILE_FICLONE)
    },
    { concurrency: 16 },
  )
}

/**
 * Object names may hold what no file system path can: folder markers, empty and dotted segments, NUL. The
 * mounted folder of the real service hides those too.
 */
function isFileName(name: string): boolean {
  const segments = name.slice(PREFIX.length).split('/')
  return segments.every(
    (segment) =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      !segment.includes('\0') &&
      Buffer.byteLength(segment) <= 255,
  )
}
