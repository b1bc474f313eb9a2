/** Pages have one form: whom a page is for, how a decision is written down, and how long all of them may be. */
import { describe, expect, it } from '@jest/globals'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { pagesOf, proseWordsOf } from './pages.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const pages = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'))
const decisions = readdirSync(path.join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name))

describe('docs/', () => {
  it.each(pages)('%s begins with whom it is for and what they can do after it', (name) => {
    expect(read(`docs/${name}`)).toMatch(/^# .+\n\n\*For .+\. After it .+\.\*\n\n/)
  })
})

describe('the pages beside what they are about', () => {
  const beside = pagesOf(root).filter((file) =>
    /^(?:actions|workflows-examples|terraform-infra\/modules)\/.+\/README\.md$/.test(file),
  )
  it('are found', () => expect(beside.length).toBeGreaterThan(20))
  it.each(beside)('%s begins with whom or what it is for', (file) => {
    expect(read(file).slice(0, 300)).toMatch(/^# .+\n\nFor .+/)
  })
})

describe('docs/pictures', () => {
  const pictures = readdirSync(path.join(root, 'docs/pictures'))
  it('are two, of 300 kB at most', () => {
    expect(pictures.sort()).toEqual(['report.png', 'summary.png'])
    const sizes = pictures.map((name) => statSync(path.join(root, 'docs/pictures', name)).size)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(300_000)
  })
})

describe('docs/adr', () => {
  it('gives each decision a number of its own', () => {
    const numbers = decisions.map((name) => name.slice(0, 4))
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([])
  })
  it.each(decisions)('%s has number, title, status, context, decision, consequences', (name) => {
    const text = read(`docs/adr/${name}`)
    const number = Number(name.slice(0, 4))
    expect(text).toMatch(
      new RegExp(`^# ${number}\\. .+\\n\\nStatus: (?:accepted|replaced by \\[?\\d+).*20\\d\\d-\\d\\d`),
    )
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, head]) => head)).toEqual([
      'Context',
      'Decision',
      'Consequences',
    ])
  })
})

describe('README.md', () => {
  it('shows one action in twelve lines', () => {
    const lines = /```yaml\n([^`]+)```/.exec(read('README.md'))?.[1]?.trim().split('\n') ?? []
    expect(lines.join('\n')).toContain('/actions/publish-views@SHA')
    expect(lines.length).toBeLessThanOrEqual(12)
  })
})

describe('all pages together', () => {
  const LIMIT = 30_000
  it(`hold at most ${LIMIT} words outside tables, code and comments`, () => {
    // Release notes, and what becomes one, only ever grow: nobody reads them to find his way.
    const pages = pagesOf(root).filter((file) => !/^(\.changeset\/|CHANGELOG\.md$)/.test(file))
    const words = pages.map((file) => ({ file, count: proseWordsOf(read(file)) }))
    const total = words.reduce((sum, { count }) => sum + count, 0)
    const longest = words.sort((a, b) => b.count - a.count).slice(0, 5)
    expect(
      total <= LIMIT
        ? ''
        : `${total} words: say it shorter, or link to the page that says it already; ` +
            `the longest are ${longest.map(({ file, count }) => `${file} (${count})`).join(', ')}`,
    ).toBe('')
  })
  it('are counted without tables, code and comments', () => {
    expect(proseWordsOf('# One two\n\n<!-- no -->\n| no | no |\n```sh\nno\n```\n- three\n')).toBe(5)
  })
})
