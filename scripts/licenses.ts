/**
 * Lists the packages that went into a bundle, with version, licence and its text, from webpack's own account
 * of the modules. It refuses licences this project may not redistribute.
 */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

interface Module {
  readonly nameForCondition?: string | null
  readonly name?: string
  readonly modules?: readonly Module[]
}

export const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  '(MIT OR Apache-2.0)',
  '(BSD-2-Clause OR MIT OR Apache-2.0)',
])

export async function licencesOf(stats: { readonly modules?: readonly Module[] }): Promise<string> {
  const folders = new Set<string>()
  collect(stats.modules ?? [], folders)
  const sections = await Promise.all([...folders].map(describe))
  return sections
    .sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0))
    .filter(({ title }, index, all) => all[index - 1]?.title !== title)
    .map(({ title, text }) => `${title}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function collect(modules: readonly Module[], folders: Set<string>): void {
  for (const module of modules) {
    const file = (module.nameForCondition ?? '').replaceAll('\\', '/')
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)
    if (match?.[1]) folders.add(match[1])
    collect(module.modules ?? [], folders)
  }
}

async function describe(folder: string): Promise<{ title: string; text: string }> {
  const { name, version, license } = JSON.parse(
    await readFile(path.join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string | { type?: string } }
  const spdx = typeof license === 'string' ? license : (license?.type ?? 'none')
  if (!ALLOWED.has(spdx))
    throw new Error(`${name} ${version} has the licence ${spdx}, which may not go into a bundle unseen`)
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)(\.|-|$)/i.test(entry))
  const text =
    file === undefined
      ? 'The package carries no licence text of its own.'
      : (await readFile(path.join(folder, file), 'utf8')).replace(/\r\n/g, '\n').trim()
  return { title: `${name} ${version} (${spdx})`, text }
}
