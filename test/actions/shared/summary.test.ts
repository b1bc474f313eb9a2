import { describe, expect, it } from '@jest/globals'
import { chooseAnnotations } from '../../../actions/_shared/runner/annotations.ts'
import { withoutCommands } from '../../../actions/_shared/runner/runner.ts'
import { escapeText, renderSummary } from '../../../actions/_shared/runner/summary.ts'

describe('the summary', () => {
  it.each([
    ['<script>', '&#60;script&#62;'],
    ['[x](http://evil)', '&#91;x&#93;(http://evil)'],
    ['@everyone', '&#64;everyone'],
    ['a\n# head', 'a &#35; head'],
    ['- item', '&#45; item'],
    ['1. one', '&#49;. one'],
    ['`code`', '&#96;code&#96;'],
    ['a|b', 'a&#124;b'],
    ['\u202eevil', '\ufffdevil'],
  ])('shows %j as text', (text, expected) => expect(escapeText(text)).toBe(expected))
  it('links only to the web', () => {
    const cells = (href: string) =>
      renderSummary([{ kind: 'table', head: ['x'], rows: [[{ text: 'go', href }]] }])
    expect(cells('javascript:alert(1)')).not.toContain('href')
    expect(cells('https://x/"onclick="y')).toContain('href="https://x/&#34;onclick=&#34;y"')
  })
  it('shows facts beside their names without an empty head', () => {
    expect(renderSummary([{ kind: 'table', head: ['', ''], rows: [['Project', 'p']] }])).toBe(
      '<table>\n<tr><td>Project</td><td>p</td></tr>\n</table>\n\n',
    )
    expect(renderSummary([{ kind: 'table', head: ['', 'x'], rows: [] }])).toContain('<th></th><th>x</th>')
  })
  it('lets no preformatted text end its block', () => {
    expect(renderSummary([{ kind: 'code', text: '</pre>\n\n# head' }])).toBe(
      '<pre>&#60;/pre&#62;&#10;&#10;# head</pre>\n\n',
    )
  })
  it('cuts rows at the limit, closes the table and says so', () => {
    const text = renderSummary(
      [
        { kind: 'table', head: ['name'], rows: Array.from({ length: 1000 }, (_, row) => [`row ${row}`]) },
        { kind: 'text', text: 'after' },
      ],
      2000,
    )
    expect(Buffer.byteLength(text)).toBeLessThan(2200)
    expect(text).toContain('</table>')
    expect(text).toContain('The summary was cut here')
    expect(text).not.toContain('after')
  })
  it('keeps the end of a long log, counted in bytes', () => {
    const text = renderSummary(
      [
        {
          kind: 'details',
          label: 'log',
          text: Array.from({ length: 500 }, (_, line) => `ü line ${line}`).join('\n'),
        },
      ],
      1000,
    )
    expect(text).toContain('line 499')
    expect(text).not.toContain('line 10&')
    expect(Buffer.byteLength(text)).toBeLessThan(1200)
  })
  it("stays below the runner's megabyte by default", () => {
    expect(Buffer.byteLength(renderSummary([{ kind: 'code', text: 'x\n'.repeat(3_000_000) }]))).toBeLessThan(
      1024 * 1024,
    )
  })
})

describe('annotations', () => {
  it("shows nine errors, so that the step's own is the tenth, and ten warnings", () => {
    const { shown, hidden } = chooseAnnotations([
      ...Array.from({ length: 12 }, () => ({ kind: 'error', message: 'e' }) as const),
      ...Array.from({ length: 11 }, () => ({ kind: 'warning', message: 'w' }) as const),
    ])
    expect([
      shown.filter(({ kind }) => kind === 'error').length,
      shown.filter(({ kind }) => kind === 'warning').length,
      hidden.length,
    ]).toEqual([9, 10, 4])
  })
  it.each(['/etc/passwd', '../x.py', 'a/../../x.py', 'C:\\x.py'])(
    'drops the file %s outside the workspace, not the message',
    (file) => {
      expect(chooseAnnotations([{ kind: 'error', message: 'm', file, line: 1 }]).shown).toEqual([
        { kind: 'error', title: undefined, message: 'm' },
      ])
    },
  )
})

describe('the log', () => {
  it.each([
    '::error::x',
    '  ::add-mask::x',
    'a\n::set-output name=x::y',
    'before ##[error]x',
    'a\r::error::x',
  ])('lets %j be no command', (line) => {
    const text = withoutCommands(line)
    expect(text).not.toMatch(/(^|[\r\n])\s*::/)
    expect(text).not.toContain('##[')
  })
  it('leaves other text alone', () => expect(withoutCommands('a::b #[c]')).toBe('a::b #[c]'))
})
