/**
 * Turns local paths into bytes to stage: files as they are, folders as zips that are equal whenever their
 * content is. It refuses links and credentials files.
 */
import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import path from 'node:path'
import { zipSync, type Zippable } from 'fflate'
import { InputError, quotedValue, shownValue } from '../../_shared/errors.ts'
import { insideWorkspace, listFiles } from '../../_shared/local-folder.ts'

export interface LocalSource {
  /** As the author wrote it. */
  readonly given: string
  /** File name in the staging bucket. */
  readonly fileName: string
  readonly sha256: string
  readonly data: Buffer
  /** Path as a Python traceback ends with it → path in the workspace, for annotations. */
  readonly tracebackPaths: Readonly<Record<string, string>>
}

/** @param input names the input for errors; only `py-files` may be folders. */
export async function readSource(workspace: string, given: string, input: string): Promise<LocalSource> {
  const shown = shownValue(given)
  const full = path.resolve(workspace, given)
  const { relative: place } = await insideWorkspace(workspace, given, input)
  const stats = await lstat(full)
  const name = path.basename(full)
  if (/^gha-creds-.*\.json$/.test(name))
    throw new InputError(
      `Reading input ${input}: ${shown} is a credentials file and is never uploaded; take it out of the list.`,
      { input, given: shown, problem: 'workspace-path' },
    )
  // Spark takes lists of URIs separated by commas and reads "#" as an alias.
  if (/[,*?#[\]{}\\\r\n]/.test(name))
    throw new InputError(
      `Reading input ${input}: the file name ${quotedValue(name)} holds a character that Spark cannot take; rename it.`,
      { input, given: shown, problem: 'workspace-path' },
    )
  if (stats.isFile()) {
    const data = await readFile(full)
    return {
      given,
      fileName: name,
      data,
      sha256: sha256(data),
      tracebackPaths: { [name]: place },
    }
  }
  if (!stats.isDirectory())
    throw new InputError(
      `Reading input ${input}: ${shown} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'not a plain file'}; put the file itself there.`,
      {
        input,
        given: shown,
        accepted: input === 'py-files' ? 'a file or a folder' : 'a file',
        problem: 'workspace-path',
      },
    )
  if (input !== 'py-files')
    throw new InputError(
      `Reading input ${input}: ${shown} is a folder; name a file (only py-files takes folders).`,
      { input, given: shown, accepted: 'a file', problem: 'workspace-path' },
    )
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new InputError(
      `Reading input ${input}: the folder name ${quotedValue(name)} is not a Python package name; rename it with letters, digits and underscores.`,
      { input, given: shown, accepted: 'letters, digits and underscores', problem: 'workspace-path' },
    )
  const files = await listFiles(full, input)
  if (files.length === 0)
    throw new InputError(`Reading input ${input}: the folder ${shown} holds no file; give one that does.`, {
      input,
      given: shown,
      problem: 'workspace-path',
    })
  const entries: Zippable = {}
  // The zip format stores local time: the same wall clock everywhere gives the same bytes everywhere.
  for (const file of files)
    entries[`${name}/${file}`] = [
      await readFile(path.join(full, file)),
      { mtime: new Date(1980, 0, 1), level: 6, os: 3, attrs: 0o644 << 16 },
    ]
  const data = Buffer.from(zipSync(entries))
  return {
    given,
    fileName: `${name}.zip`,
    data,
    sha256: sha256(data),
    tracebackPaths: Object.fromEntries(files.map((file) => [`${name}/${file}`, `${place}/${file}`])),
  }
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
