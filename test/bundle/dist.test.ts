/** What users download with an action: not larger than promised, nothing that is loaded from elsewhere, one list of licences each. */
import { describe, expect, it } from '@jest/globals'
import { isBuiltin } from 'node:module'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { readLicences, writeLicences } from '../../scripts/licenses.ts'

const dist = path.resolve(import.meta.dirname, '../../dist')
const actions = readdirSync(dist).sort()
const filesOf = (action: string): string[] =>
  readdirSync(path.join(dist, action), { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(path.join(dist, action, file)).isFile(),
  )

describe('dist/', () => {
  it('is below 10 MB, the clients of Google and GitHub included', () => {
    const bytes = actions.flatMap((action) =>
      filesOf(action).map((file) => statSync(path.join(dist, action, file)).size),
    )
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(10_000_000)
  })

  it.each(actions)('%s asks Node alone for what it does not hold', (action) => {
    // Asked for only where Node has no streams of the web.
    const excepted = ['web-streams-polyfill/dist/ponyfill.es2018.js', './index.js']
    const asked = filesOf(action)
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => [
        ...readFileSync(path.join(dist, action, file), 'utf8').matchAll(/\brequire\("([^"]+)"\)/g),
      ])
      .map((match) => match[1]!)
    expect(asked.length).toBeGreaterThan(5)
    expect([...new Set(asked)].filter((name) => !isBuiltin(name) && !excepted.includes(name))).toEqual([])
  })

  it.each(actions)('%s has one bundle for its beginning and its end, and one list of licences', (action) => {
    const files = filesOf(action)
    expect(files.filter((file) => path.basename(file) === 'index.js')).toEqual(['index.js'])
    expect(files.filter((file) => path.basename(file) === 'licenses.txt')).toEqual(['licenses.txt'])
    expect(files.includes('post.js')).toBe(
      existsSync(path.resolve(dist, '../actions', action, 'src/post.ts')),
    )
    const list = readFileSync(path.join(dist, action, 'licenses.txt'), 'utf8')
    const packages = readLicences(list)
    expect(packages.map(({ title }) => title)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^@actions\/core \d/)]),
    )
    for (const { title, text } of packages) {
      expect(title).toMatch(/^\S+ \d\S* \(.+\)$/)
      expect([title, text.length > 20]).toEqual([title, true])
    }
    expect(writeLicences(packages)).toBe(list)
  })
})
