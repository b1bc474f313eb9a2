/**
 * Finds paths in the workspace and lists the files of a folder. It refuses what leads out of the workspace,
 * links, special files and names that no object store can take, and never lists credentials.
 */
import { isUtf8 } from 'node:buffer'
import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { InputError, shownValue } from './errors.ts'

/**
 * Never leaves this machine, whatever an ignore file says. Credentials are matched by name at any depth, as
 * google-github-actions/auth advises.
 */
export const ALWAYS_IGNORED: readonly string[] = [
  'gha-creds-*.json',
  '__pycache__/',
  '*.pyc',
  '.git',
  '.gcloudignore',
  '.DS_Store',
]

/** Names differ by case, as in git on Linux; the library's default does not. */
export const alwaysIgnored = (): Ignore => ignore({ ignorecase: false }).add([...ALWAYS_IGNORED])

export interface WorkspacePath {
  /** Absolute, without links. */
  readonly full: string
  /** Relative to the workspace, with forward slashes; '' for the workspace itself. */
  readonly relative: string
}

/**
 * Where `given` really is. Links inside the workspace are followed; one that leads out of it would upload what
 * else is on this machine.
 */
export async function insideWorkspace(
  workspace: string,
  given: string,
  input: string,
): Promise<WorkspacePath> {
  const root = await realpath(workspace)
  const full = await realpath(path.resolve(workspace, given)).catch((error: NodeJS.ErrnoException) => {
    // A path that leads out is refused as such, whether or not there is something.
    refuseOutside(path.relative(workspace, path.resolve(workspace, given)), given, input)
    throw new InputError(
      `Reading input ${input}: ${shownValue(given)} ${error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`}.`,
      {
        input,
        given: shownValue(given),
        accepted: 'a path in the workspace',
        problem: 'workspace-path',
        hint: 'Does a checkout step come first, and is the path relative to the workspace?',
      },
    )
  })
  const relative = path.relative(root, full)
  refuseOutside(relative, given, input)
  return { full, relative: relative.split(path.sep).join('/') }
}

/** @param relative from the workspace. */
export function refuseOutside(relative: string, given: string, input: string): void {
  if (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)) return
  throw new InputError(
    `Reading input ${input}: ${shownValue(given)} is outside the workspace; give a path of the checkout.`,
    { input, given: shownValue(given), accepted: 'a path inside the workspace', problem: 'workspace-path' },
  )
}

/**
 * @returns paths relative to `folder` with forward slashes, sorted. `input` names the input that chose the
 * folder.
 */
export async function listFiles(
  folder: string,
  input: string,
  rules: Ignore = alwaysIgnored(),
): Promise<string[]> {
  const names = (await walk(folder, '', input, rules)).sort()
  refuseTwins(folder, names, input)
  return names
}

/** Names that look alike, which macOS and some tools take for one: composed and decomposed letters. */
function refuseTwins(folder: string, names: readonly string[], input: string): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const twin = seen.get(name.normalize('NFC'))
    if (twin !== undefined)
      throw new InputError(
        `Reading the folder ${folder}: two files are called ${name.normalize('NFC')}, once with composed and once with decomposed letters (Unicode NFC and NFD); rename one.`,
        { input, given: name, problem: 'workspace-path' },
      )
    seen.set(name.normalize('NFC'), name)
  }
}

/** Node replaces what it cannot decode, and then there is no such file. */
async function refuseUndecodable(folder: string, inside: string, input: string): Promise<void> {
  const raw = await readdir(path.join(folder, inside), { encoding: 'buffer' })
  const bad = raw.find((name) => !isUtf8(name))
  if (bad === undefined) return
  const name = path.posix.join(inside, bad.toString('utf8'))
  throw new InputError(
    `Reading the folder ${folder}: the name ${JSON.stringify(name)} is not UTF-8, which Cloud Storage cannot take; rename the file.`,
    { input, given: name, problem: 'workspace-path' },
  )
}

async function walk(folder: string, inside: string, input: string, rules: Ignore): Promise<string[]> {
  let entries
  try {
    entries = await readdir(path.join(folder, inside), { withFileTypes: true })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new InputError(
      `Reading the folder ${folder}: ${code === 'ENOENT' ? 'it does not exist' : code === 'ENOTDIR' ? 'it is not a folder' : String(code)}.`,
      {
        input,
        given: folder,
        accepted: 'a folder',
        problem: 'workspace-path',
        hint: 'Does a checkout step come first, and is the path relative to the workspace?',
      },
    )
  }
  const names: string[] = []
  if (entries.some((entry) => entry.name.includes('\ufffd'))) await refuseUndecodable(folder, inside, input)
  for (const entry of entries) {
    const name = inside === '' ? entry.name : `${inside}/${entry.name}`
    if (rules.ignores(entry.isDirectory() ? `${name}/` : name)) continue
    if (/[\r\n\\]/.test(entry.name))
      throw new InputError(
        `Reading the folder ${folder}: the name ${JSON.stringify(name)} holds a character that Cloud Storage cannot take; rename the file.`,
        { input, given: name, problem: 'workspace-path' },
      )
    if (entry.isDirectory()) names.push(...(await walk(folder, name, input, rules)))
    else if (entry.isFile()) names.push(name)
    else
      throw new InputError(
        `Reading the folder ${folder}: ${name} is ${entry.isSymbolicLink() ? 'a symbolic link' : 'not a plain file'}; put the file itself there, or ignore it.`,
        { input, given: name, accepted: 'plain files and folders', problem: 'workspace-path' },
      )
  }
  return names
}
