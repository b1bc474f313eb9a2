/** What is kept of `dbt deps`: only what a lock decides alone, and given back only as it was kept. */
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseCommands } from '../../../actions/run-dbt/src/commands.ts'
import { findKept, keep, putBack } from '../../../actions/run-dbt/src/package-cache.ts'
import { readPackages, settle } from '../../../actions/run-dbt/src/packages.ts'

const root = mkdtempSync(join(tmpdir(), 'packages '))
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})
let number = 0
let project = ''
let base = ''
const write = (file: string, text: string): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
beforeEach(() => {
  const place = join(root, String((number += 1)))
  project = join(place, 'dbt')
  base = join(place, 'kept')
  mkdirSync(base, { recursive: true })
  write(join(project, 'dbt_packages/kit/macros/a.sql'), 'a')
  write(join(project, 'dbt_packages/kit/.git/HEAD'), 'history')
})

const LOCK = 'packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\nsha1_hash: x\n'
const digestWith = async (
  files: Record<string, string>,
  commands = 'deps\nbuild',
  coreVersion = '1.11.16',
) => {
  for (const [name, text] of Object.entries({ 'packages.yml': 'packages: []\n', ...files }))
    write(join(project, name), text)
  return readPackages(
    { projectDir: project, commands: parseCommands(commands), coreVersion },
    { packagesPath: join(project, 'dbt_packages') },
  )
}

describe('what decides the packages', () => {
  it('is the lock, what it was made from, and the dbt that reads them', async () => {
    const one = await digestWith({ 'package-lock.yml': LOCK })
    expect(one).toMatchObject({ count: 1, digest: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const others = [
      await digestWith({ 'package-lock.yml': LOCK }, 'deps', '1.10.0'),
      await digestWith({ 'package-lock.yml': LOCK.replace('1.3.0', '1.3.1') }),
      await digestWith({ 'package-lock.yml': LOCK, 'packages.yml': '# other\n' }),
      await digestWith({ 'package-lock.yml': LOCK, 'dependencies.yml': 'projects: []\n' }),
    ]
    expect(new Set([one, ...others].map((found) => found?.digest)).size).toBe(5)
  })
  it.each([
    ['no lock', ''],
    ['a folder beside the project', 'packages:\n  - local: ../kit\n'],
    ['a tarball, which can be another tomorrow', 'packages:\n  - tarball: https://x/y.tgz\n    name: y\n'],
    ['a branch', 'packages:\n  - git: https://x/y.git\n    revision: main\n'],
    ['a template', LOCK.replace('1.3.0', "{{ env_var('V') }}")],
    ['no YAML', '{'],
  ])('is more than is known with %s', async (_, lock) => {
    expect((await digestWith({ 'package-lock.yml': lock }))?.digest).toBeUndefined()
  })
  it.each(['deps --upgrade', 'deps --lock', 'build'])('is not asked for %s', async (commands) => {
    expect(await digestWith({ 'package-lock.yml': LOCK }, commands)).toBeUndefined()
  })
})

describe('what is kept', () => {
  const digest = 'd'.repeat(64)
  const entry = (): string => join(base, `dbt-packages-${'d'.repeat(32)}`)
  const packages = (): string => join(project, 'dbt_packages')

  it('comes back as it was, without the history, and what stood there goes', async () => {
    expect(await keep(base, digest, packages())).toBe(true)
    write(join(packages(), 'other/x.sql'), 'x')
    const content = await findKept(base, digest)
    await putBack(content!, packages())
    expect(readFileSync(join(packages(), 'kit/macros/a.sql'), 'utf8')).toBe('a')
    expect([existsSync(join(packages(), 'other')), existsSync(join(packages(), 'kit/.git'))]).toEqual([
      false,
      false,
    ])
  })
  it.each<[string, () => void]>([
    ['another text', () => write(join(entry(), 'content/kit/macros/a.sql'), 'b')],
    ['one file more', () => write(join(entry(), 'content/kit/macros/b.sql'), 'b')],
    ['one file less', () => rmSync(join(entry(), 'content/kit/macros/a.sql'))],
    ['a link in it', () => symlinkSync('/etc/passwd', join(entry(), 'content/kit/passwd'))],
    [
      'a link for a folder',
      () => {
        renameSync(join(entry(), 'content'), join(base, 'elsewhere'))
        symlinkSync(join(base, 'elsewhere'), join(entry(), 'content'))
      },
    ],
    [
      'another digest',
      () =>
        write(
          join(entry(), 'files.json'),
          readFileSync(join(entry(), 'files.json'), 'utf8').replace(digest, 'e'.repeat(64)),
        ),
    ],
    ['no list', () => rmSync(join(entry(), 'files.json'))],
    [
      'a list that names what lies outside',
      () => write(join(entry(), 'files.json'), JSON.stringify({ digest, files: { '../../x': 'a' } })),
    ],
  ])('is not given back with %s', async (_, change) => {
    expect(await keep(base, digest, packages())).toBe(true)
    change()
    expect(await findKept(base, digest)).toBeUndefined()
  })
  it('is never given to another lock', async () => {
    await keep(base, digest, packages())
    expect(await findKept(base, `${'d'.repeat(32)}${'e'.repeat(32)}`)).toBeUndefined()
  })
  it('is nothing that holds links', async () => {
    symlinkSync('/etc', join(packages(), 'kit/etc'))
    expect(await keep(base, digest, packages())).toBe(false)
    expect(existsSync(entry())).toBe(false)
  })
})

describe('after dbt installed them', () => {
  it('they are kept when dbt took the lock as it was', async () => {
    const found = await digestWith({ 'package-lock.yml': LOCK })
    expect((await settle(found!, project, base)).content).toContain('dbt-packages-')
  })
  it('a lock that dbt had to write is said', async () => {
    const none = await digestWith({})
    write(join(project, 'package-lock.yml'), LOCK)
    expect(await settle(none!, project, base)).toEqual({
      note: expect.stringContaining('no package-lock.yml'),
    })
    const stale = await digestWith({ 'package-lock.yml': LOCK })
    write(join(project, 'package-lock.yml'), LOCK.replace('1.3.0', '1.3.1'))
    expect(await settle(stale!, project, base)).toEqual({
      note: expect.stringContaining('was not made from this packages.yml'),
    })
  })
})
