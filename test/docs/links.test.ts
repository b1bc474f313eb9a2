/**
 * Links of the documents lead somewhere: files that exist, anchors that GitHub makes, test titles that stand
 * in the test.
 */
import { describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { anchorsOf, fencesOf, linksOf } from './markdown.ts'
import { pagesOf } from './pages.ts'

const root = path.resolve(import.meta.dirname, '../..')
const files = pagesOf(root)
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const actions = fastGlob
  .sync('actions/*/action.yml', { cwd: root })
  .map((file) => file.split('/')[1] ?? '')
  .sort()

/** What is wrong with one link, or nothing. */
function problemOf(file: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target))
    return /^https?:/.test(target) ? undefined : `${target}: not a link to the web`
  const [place = '', anchor] = target.split('#')
  const to =
    place === ''
      ? file
      : path.posix.normalize(path.posix.join(path.posix.dirname(file), decodeURIComponent(place)))
  if (to.startsWith('..')) return `${target}: leaves the repository`
  if (!existsSync(path.join(root, to))) return `${target}: there is no ${to}`
  if (
    anchor !== undefined &&
    to.endsWith('.md') &&
    !anchorsOf(text(to)).has(decodeURIComponent(anchor).toLowerCase())
  )
    return `${target}: ${to} has no heading for #${anchor}`
  return undefined
}

describe('links', () => {
  it('are found', () => expect(files.flatMap((file) => linksOf(text(file))).length).toBeGreaterThan(100))
  it.each(files)('of %s lead to files and headings that exist', (file) => {
    expect(
      linksOf(text(file)).flatMap(({ target, line }) =>
        problemOf(file, target) === undefined ? [] : [`${file}:${line}: ${problemOf(file, target)}`],
      ),
    ).toEqual([])
  })
  it.each([
    ['docs/none.md', 'there is no docs/none.md'],
    ['README.md#nowhere', 'README.md has no heading for #nowhere'],
    ['../../x', 'leaves the repository'],
    ['javascript:alert(1)', 'not a link to the web'],
  ])('to %s would be refused', (target, why) => {
    expect(problemOf('CONTRIBUTING.md', target)).toContain(why)
  })
})

describe('anchors', () => {
  it.each([
    ['## The `house` & its walls', 'the-house--its-walls'],
    ['# From google-github-actions/auth', 'from-google-github-actionsauth'],
    ['### A [link](x.md), 2', 'a-link-2'],
    ['## Übung', 'übung'],
  ])("of %s are GitHub's", (heading, anchor) => expect([...anchorsOf(heading)]).toEqual([anchor]))
  it('are numbered when they repeat, and none stands in code', () =>
    expect([...anchorsOf('# A\n# A\n```sh\n# B\n```\n')]).toEqual(['a', 'a-1']))
})

describe('README.md', () => {
  it('lists every action with a link to its page', () => {
    const listed = [...text('README.md').matchAll(/^\| \[`([\w-]+)`\]\(actions\/\1\/README\.md\) \|/gm)].map(
      (match) => match[1] ?? '',
    )
    expect(listed.sort()).toEqual(actions)
  })
})

describe('docs/threat-model.md', () => {
  const rows = text('docs/threat-model.md')
    .split('\n')
    .filter((line) => /^\| .+ \| .+ \| .*(\.test\.ts\)|npm run) ?.*\|$/.test(line))
  it('shows each threat with a test', () => expect(rows.length).toBeGreaterThan(20))
  it.each(rows.map((row) => [row.split('|')[1]?.trim() ?? '', row]))(
    '%s: the quoted tests exist',
    (_threat, row) => {
      const shown = row.split('|')[3] ?? ''
      const quotes = [
        ...shown.matchAll(/\[[^\]]+\]\(([^)]+\.test\.ts)\):((?:[^[]|\[(?![^\]]+\]\())*)/g),
      ].flatMap(([, file = '', titles = '']) =>
        [...titles.matchAll(/“([^”]+)”/g)].map((match) => ({
          file: path.posix.normalize(`docs/${file}`),
          title: match[1] ?? '',
        })),
      )
      if (!shown.includes('npm run')) expect(quotes.length).toBeGreaterThan(0)
      for (const { file, title } of quotes)
        expect([title, text(file).replaceAll("\\'", "'").includes(title)]).toEqual([title, true])
    },
  )
})

describe('issue forms', () => {
  it.each(fastGlob.sync('.github/ISSUE_TEMPLATE/*.yml', { cwd: root, dot: true }))(
    '%s is a form GitHub takes',
    (file) => {
      const form = parse(text(file)) as {
        name?: string
        description?: string
        body?: {
          type: string
          id?: string
          attributes?: { label?: string; value?: string; options?: string[] }
        }[]
        blank_issues_enabled?: boolean
      }
      if (file.endsWith('config.yml')) return expect(form.blank_issues_enabled).toBe(false)
      expect([typeof form.name, typeof form.description]).toEqual(['string', 'string'])
      const fields = form.body ?? []
      for (const { type, id, attributes } of fields) {
        expect(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']).toContain(type)
        expect(typeof (type === 'markdown' ? attributes?.value : attributes?.label)).toBe('string')
        if (type !== 'markdown') expect(id).toMatch(/^[\w-]+$/)
      }
      expect(new Set(fields.map(({ id }) => id).filter(Boolean)).size).toBe(
        fields.filter(({ type }) => type !== 'markdown').length,
      )
    },
  )
  it('let a bug name every action', () => {
    const form = parse(text('.github/ISSUE_TEMPLATE/bug.yml')) as {
      body: { id?: string; attributes: { options?: string[] } }[]
    }
    expect(form.body.find(({ id }) => id === 'part')?.attributes.options).toEqual(
      expect.arrayContaining(actions),
    )
  })
})

describe('diagrams', () => {
  it('are closed and of a kind GitHub draws', () => {
    for (const file of files)
      for (const { language, text: code } of fencesOf(text(file)))
        if (language === 'mermaid')
          expect([file, code]).toEqual([
            file,
            expect.stringMatching(/^(flowchart|sequenceDiagram|stateDiagram|erDiagram|gantt)/),
          ])
  })
})
