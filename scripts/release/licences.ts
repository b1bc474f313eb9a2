/**
 * Collects the licences of everything the bundles contain; it refuses a bundle without a list and a licence
 * that may not be redistributed.
 */
import { ALLOWED, readLicences, writeLicences, type Licensed } from '../licenses.ts'
import type { Repository } from './git.ts'
import { Refusal } from './refusal.ts'

export interface Bundled {
  readonly name: string
  readonly version: string
  readonly licence: string
}
export interface Licences {
  readonly packages: readonly Bundled[]
  readonly text: string
}

export function collectLicences(repository: Repository, commit: string): Licences {
  const files = repository.list(commit, 'dist/')
  const bundles = files.filter(
    (file) => /^dist\/.+\/index\.js$/.test(file) && !/\/\d+\.index\.js$/.test(file),
  )
  if (bundles.length === 0)
    throw new Refusal(
      'Collecting licences: there is no bundle in dist/; run npm run bundle and commit the result.',
    )
  const sections: Licensed[] = []
  const packages = new Map<string, Bundled>()
  const refused: string[] = []
  for (const bundle of bundles) {
    const list = bundle.replace(/index\.js$/, 'licenses.txt')
    const text = repository.read(commit, list)?.toString()
    if (text === undefined) {
      refused.push(
        `Collecting licences: ${bundle} has no licenses.txt beside it; run npm run bundle and commit the result.`,
      )
      continue
    }
    for (const section of readLicences(text)) {
      const { title } = section
      const [, name, version, licence] = /^(\S+) (\d\S*) \((.+)\)$/.exec(title) ?? []
      if (name === undefined || version === undefined || licence === undefined)
        refused.push(
          `Collecting licences: ${list} has a section ${JSON.stringify(title.slice(0, 80))} that names no package; run npm run bundle and commit the result.`,
        )
      else if (!ALLOWED.has(licence))
        refused.push(
          `Collecting licences: ${name} ${version} in ${bundle} has the licence ${licence}, which may not be redistributed unseen; use another package, or allow the licence in scripts/licenses.ts after reading it.`,
        )
      else {
        packages.set(`${name}@${version}`, { name, version, licence })
        sections.push(section)
      }
    }
  }
  if (refused.length > 0) throw new Refusal(...refused)
  return {
    packages: [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    text: writeLicences(sections),
  }
}
