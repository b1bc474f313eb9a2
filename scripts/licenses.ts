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

/** One bundled package: `name version (licence)`, who holds the copyright, and the text without both. */
export interface Licensed {
  readonly title: string
  readonly notices: readonly string[]
  readonly text: string
}

const RULE = `\n${'-'.repeat(80)}\n`

export async function licencesOf(stats: { readonly modules?: readonly Module[] }): Promise<string> {
  const folders = new Set<string>()
  collect(stats.modules ?? [], folders)
  return writeLicences(await Promise.all([...folders].map(describe)))
}

/** Packages of one text stand together above it: the texts are most of such a list, and few differ. */
export function writeLicences(all: readonly Licensed[]): string {
  const groups = new Map<string, Map<string, Licensed>>()
  for (const one of [...all].sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0))) {
    const key = one.text.replace(/\s+/g, ' ').trim()
    groups.set(key, (groups.get(key) ?? new Map<string, Licensed>()).set(one.title, one))
  }
  return [...groups.values()]
    .map((group) => [...group.values()])
    .map((group) => {
      const heads = group.map(({ title, notices }) =>
        [title, ...notices.map((line) => `  ${line}`)].join('\n'),
      )
      return `${heads.join('\n')}\n\n${group[0]!.text}\n`
    })
    .join(`${RULE}\n`)
}

/** The list as it was written; a section whose head names no package is thrown out by its caller. */
export function readLicences(list: string): Licensed[] {
  return list
    .split(RULE)
    .map((section) => section.trim())
    .filter((section) => section !== '')
    .flatMap((section) => {
      const [head = '', ...rest] = section.split('\n\n')
      const text = rest.join('\n\n')
      const read: { title: string; notices: string[]; text: string }[] = []
      for (const line of head.split('\n'))
        if (line.startsWith('  ') && read.length > 0) read.at(-1)!.notices.push(line.trim())
        else read.push({ title: line, notices: [], text })
      return read
    })
}

function collect(modules: readonly Module[], folders: Set<string>): void {
  for (const module of modules) {
    const file = (module.nameForCondition ?? '').replaceAll('\\', '/')
    const match = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)
    if (match?.[1]) folders.add(match[1])
    collect(module.modules ?? [], folders)
  }
}

const NOTICE = /^(?:Copyright:?\s+(?:\([cC]\)|©|\d{4}|[A-Z])|\([cC]\)\s|©|All rights reserved)/
/** `The MIT License (MIT)` and the like, which the title says already. */
const HEADING = /^(?:\(?(?:The )?(?:MIT|ISC|BSD)[ -](?:\d-Clause )?Licen[cs]e\)?(?: \((?:MIT|ISC)\))?\s*)$/i

async function describe(folder: string): Promise<Licensed> {
  const { name, version, license } = JSON.parse(
    await readFile(path.join(folder, 'package.json'), 'utf8'),
  ) as { name: string; version: string; license?: string | { type?: string } }
  const spdx = typeof license === 'string' ? license : (license?.type ?? 'none')
  if (!ALLOWED.has(spdx))
    throw new Error(`${name} ${version} has the licence ${spdx}, which may not go into a bundle unseen`)
  const title = `${name} ${version} (${spdx})`
  const file = (await readdir(folder)).sort().find((entry) => /^(licen[cs]e|copying)(\.|-|$)/i.test(entry))
  if (file === undefined)
    return { title, notices: [], text: 'The package carries no licence text of its own.' }
  const lines = (await readFile(path.join(folder, file), 'utf8')).replace(/\r\n/g, '\n').trim().split('\n')
  const isNotice = (line: string): boolean => NOTICE.test(line.trim())
  return {
    title,
    notices: lines.filter(isNotice).map((line) => line.trim()),
    text: lines
      .filter((line) => !isNotice(line) && !HEADING.test(line.trim()))
      .join('\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
  }
}
