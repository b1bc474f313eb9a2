/**
 * The actions of others that this runner brings itself, because every second workflow uses them and their own code wants
 * GitHub's machine. A checkout named on the command line takes their place.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from './source.ts'

const folder = join(import.meta.dirname, '../stand-ins')

/** OWNER/NAME to its folder. */
export const standIns: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder).flatMap((owner) =>
    readdirSync(join(folder, owner)).map((name) => [`${owner}/${name}`, join(folder, owner, name)]),
  ),
)
const roots = new Set(Object.values(standIns))

export const isStandIn = (source: Source): boolean => roots.has(source.root)
