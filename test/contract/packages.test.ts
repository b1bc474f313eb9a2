import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { parse } from 'yaml'

const root = resolve(import.meta.dirname, '../..')
const json = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8')) as T

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
interface Locked {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  /** Also names packages that are used when they happen to be there, as debug uses supports-color. */
  readonly peerDependenciesMeta?: Readonly<Record<string, object>>
}
const house = json<Manifest>('package.json')
const local = json<Manifest>('local/package.json')
const locked = json<{ packages: Readonly<Record<string, Locked>> }>('package-lock.json').packages

/** Dependabot's group of what ends in dist/. */
const grouped = (
  parse(readFileSync(join(root, '.github/dependabot.yml'), 'utf8')) as {
    updates: { groups: Record<string, { patterns: string[] }> }[]
  }
).updates.flatMap(({ groups }) => groups.bundled?.patterns ?? [])

/** `name@version` of every package in a bundle: the lists are made from the bundler's own statistics. */
const bundled = new Set(
  globSync('dist/**/licenses.txt', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/^(\S+) (\d\S*) \([^)]+(?:\))?\)$/gm)].map(
      ([, name, version]) => `${name}@${version}`,
    ),
  ),
)

/** The folder in which a package of the lock file finds another, as Node looks for it. */
const folderOf = (name: string, from: string): string | undefined => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (locked[folder]) return folder
    if (at === '') return undefined
  }
}

/** All that a package's dependencies bring, by the lock file. */
const broughtBy = (dependencies: Readonly<Record<string, string>>): Set<string> => {
  const folders = new Set(Object.keys(dependencies).map((name) => folderOf(name, '') ?? name))
  for (const folder of folders) {
    const entry = locked[folder] ?? {}
    for (const name of Object.keys({
      ...entry.dependencies,
      ...entry.optionalDependencies,
      ...entry.peerDependencies,
      ...entry.peerDependenciesMeta,
    })) {
      const found = folderOf(name, folder)
      if (found) folders.add(found)
    }
  }
  return new Set(
    [...folders].map(
      (folder) => `${folder.slice(folder.lastIndexOf('node_modules/') + 13)}@${locked[folder]?.version}`,
    ),
  )
}

/** The packages that sources import by name; types alone do not count. */
const importedBy = (pattern: string): string[] => {
  const names = globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' }).flatMap((file) =>
    ts
      .preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
      .importedFiles.map(({ fileName }) => fileName)
      .filter((name) => !name.startsWith('.') && !name.startsWith('node:')),
  )
  return [...new Set(names.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0]))].sort()
}

describe('the packages of the house', () => {
  it('has as dependencies of the root exactly what the bundles contain', () => {
    const entries = Object.entries(house.dependencies)
    expect(entries.filter(([name, version]) => !bundled.has(`${name}@${version}`))).toEqual([])
    const brought = broughtBy(house.dependencies)
    expect([...bundled].filter((one) => !brought.has(one))).toEqual([])
    expect(bundled.size).toBeGreaterThan(entries.length)
  })

  it('has as dependencies of the root exactly what the actions import', () => {
    expect(importedBy('actions/**/*.ts')).toEqual(Object.keys(house.dependencies).sort())
  })

  it('names no package among what users run and among what only builds and tests', () => {
    expect(Object.keys(house.devDependencies ?? {}).filter((name) => house.dependencies[name])).toEqual([])
  })

  it('is told apart by Dependabot: what ends in dist/ from what only tests and builds', () => {
    const names = Object.keys(house.dependencies)
    const covers = (pattern: string, name: string): boolean =>
      pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
    expect(names.filter((name) => !grouped.some((pattern) => covers(pattern, name)))).toEqual([])
    expect(grouped.filter((pattern) => !names.some((name) => covers(pattern, name)))).toEqual([])
  })

  it('gives local/ a list of its own, which holds all it imports', () => {
    const missing = importedBy('local/**/*.{ts,mjs}').filter(
      (name) => !Object.hasOwn(local.dependencies, name),
    )
    expect(missing).toEqual([])
  })

  it('names one exact version of a package, whoever needs it', () => {
    const all = { ...house.dependencies, ...house.devDependencies }
    for (const [name, version] of [...Object.entries(all), ...Object.entries(local.dependencies)]) {
      expect(version).toMatch(/^\d+\.\d+\.\d+\S*$/)
      expect(`${name} ${all[name] ?? version}`).toBe(`${name} ${version}`)
      expect(locked[`node_modules/${name}`]?.version).toBe(version)
    }
  })

  it('locks no address of a registry', () => {
    const resolved = Object.entries(
      json<{ packages: Record<string, { resolved?: string; link?: boolean }> }>('package-lock.json').packages,
    )
      .filter(([, entry]) => entry.resolved !== undefined && entry.link !== true)
      .map(([folder]) => folder)
    expect(resolved).toEqual([])
  })
})
