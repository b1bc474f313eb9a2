/** Pages have one form: whom a page is for, and how a decision is written down. */
import { describe, expect, it } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const pages = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'))
const decisions = readdirSync(path.join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name))

describe('docs/', () => {
  it.each(pages)('%s begins with whom it is for and what they can do after it', (name) => {
    expect(read(`docs/${name}`)).toMatch(/^# .+\n\n\*For .+\. After it .+\.\*\n\n/)
  })
})

describe('docs/adr', () => {
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
