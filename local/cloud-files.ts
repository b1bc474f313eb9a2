/**
 * The two files that say which cloud this is, names and rights: this product's, or a person's own. It refuses paths
 * where no file is.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from './usage-error.ts'

/** Absolute; without one it is this product's. */
export interface CloudFiles {
  readonly environmentFile?: string
  readonly accessFile?: string
}

/** `given`: the words behind --environment and --access. */
export const cloudFilesOf = (given: { environment?: string; access?: string }): CloudFiles => ({
  environmentFile: fileOf('--environment', given.environment),
  accessFile: fileOf('--access', given.access),
})

const fileOf = (option: string, path: string | undefined): string | undefined => {
  if (path === undefined) return undefined
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`${option} ${path}: there is no such file; name one in the form of this product's.`)
  return resolve(path)
}
