/** The repository's own name is written everywhere by one command; it is looked for in a copy of the pages. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { renameRepository, repositoryName, unnamed } from '../../scripts/repository-name.ts'

const root = path.resolve(import.meta.dirname, '../..')
const COPIED = [
  'package.json',
  'README.md',
  'SECURITY.md',
  'actions/*/README.md',
  'docs/*.md',
  'workflows-examples/**/*.{yml,md}',
  'workflows-examples/*/.github/workflows/*.yml',
  'scripts/new-action/README.md.txt',
  'terraform-infra/environments/*/environment.yaml',
]
let copy = ''

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'named-'))
  for (const file of globSync(COPIED, { cwd: root })) cpSync(path.join(root, file), path.join(copy, file))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe('npm run docs -- --repository', () => {
  it('names the repository in the badge and in everything people copy', () => {
    const files = renameRepository(copy, 'octo-shop/clickstream.actions')
    expect(repositoryName(copy)).toBe('octo-shop/clickstream.actions')
    expect(files).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'actions/auth/README.md']))
    expect(readFileSync(path.join(copy, 'README.md'), 'utf8')).toContain(
      'github.com/octo-shop/clickstream.actions/actions/workflows/ci.yml/badge.svg',
    )
    const old = repositoryName(root)
    const left = globSync(COPIED, { cwd: copy }).flatMap((file) =>
      readFileSync(path.join(copy, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes(old))
        .map((line) => `${file}: ${line}`),
    )
    // These two speak of any repository: whichever calls, whichever is bound to an environment.
    expect(left.filter((line) => !/^docs\/(?:local-runner|terraform)\.md/.test(line))).toEqual([])
  })

  it('is what `npm test` ends with, until it is done', () => {
    expect(unnamed(copy)).toBeUndefined()
    renameRepository(copy, 'OWNER/REPO')
    expect(unnamed(copy)).toMatch(
      /^This repository has no name yet: npm run docs -- --repository OWNER\/NAME/,
    )
  })

  it('can be renamed again, and changes nothing when the name is the same', () => {
    renameRepository(copy, 'octo-shop/first')
    expect(renameRepository(copy, 'octo-shop/second').length).toBeGreaterThan(5)
    expect(renameRepository(copy, 'octo-shop/second')).toEqual([])
  })

  it.each(['octo', 'octo/a b', '../x', 'octo/..', 'https://github.com/octo/shop', ''])(
    'refuses %j as a name',
    (name) => {
      expect(() => renameRepository(copy, name)).toThrow('write OWNER/NAME as on GitHub')
    },
  )
})
