/** Reads the words after `npm run release --`; it refuses what it does not know. */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { unknownOption } from '../../local/option-mistakes.ts'
import { Refusal } from './refusal.ts'

export interface Options {
  /** The checkout that is released. */
  readonly root: string
  readonly isDryRun: boolean
  /** Judges the interface and stops before anything is built. */
  readonly isInterfaceOnly: boolean
  readonly remote: string
  readonly branch: string
  /** Where everything is laid that a publishing job needs. */
  readonly out: string
}

const USAGE =
  'npm run release -- [--dry-run | --interface] [--out FOLDER] [--remote NAME] [--branch NAME] [--root FOLDER]'

export function parseOptions(argv: readonly string[]): Options {
  const values = new Map<string, string>()
  const flags = new Set<string>()
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--dry-run' || word === '--interface') {
      flags.add(word)
      continue
    }
    if (!['--out', '--remote', '--branch', '--root'].includes(word))
      throw new Refusal(`npm run release: ${unknownOption(word, USAGE)}`)
    const value = argv[(index += 1)]
    // A value that begins with a hyphen would reach git as an option.
    if (value === undefined || value === '' || value.startsWith('-'))
      throw new Refusal(`npm run release: ${word} needs a value; usage: ${USAGE}`)
    values.set(word, value)
  }
  const root = path.resolve(values.get('--root') ?? path.resolve(fileURLToPath(import.meta.url), '../../..'))
  return {
    root,
    isDryRun: flags.has('--dry-run'),
    isInterfaceOnly: flags.has('--interface'),
    remote: values.get('--remote') ?? 'origin',
    branch: values.get('--branch') ?? 'main',
    out: path.resolve(root, values.get('--out') ?? 'build/release'),
  }
}
