/**
 * Renders summary blocks as GitHub Markdown within the runner's size limit. It refuses to pass any value
 * through unescaped, or with a secret in it.
 */
import type { Cell, SummaryBlock } from '../report.ts'
import { hideSecrets } from '../secrets.ts'

/**
 * The runner drops a step's summary above 1 MiB (FileCommandManager); room is left for what the step wrote
 * before.
 */
const LIMIT_BYTES = 900 * 1024
const CUT_NOTE = '\n\n_The summary was cut here: it reached the size that GitHub shows._\n'

export function renderSummary(blocks: readonly SummaryBlock[], limitBytes = LIMIT_BYTES): string {
  let text = ''
  let size = 0
  for (const block of blocks) {
    const rendered = renderBlock(block, limitBytes - size)
    text += rendered.text
    size += Buffer.byteLength(rendered.text)
    if (rendered.isCut) return text + CUT_NOTE
  }
  return text
}

function renderBlock(block: SummaryBlock, roomBytes: number): { text: string; isCut: boolean } {
  switch (block.kind) {
    case 'heading':
      return whole(`\n### ${escapeText(block.text)}\n\n`, roomBytes)
    case 'text':
      return whole(`${escapeText(block.text)}\n\n`, roomBytes)
    case 'list':
      return rows(
        '',
        block.items.map((item) => `- ${renderCell(item)}\n`),
        '\n',
        roomBytes,
      )
    case 'table': {
      const row = (cells: readonly Cell[]) =>
        `<tr>${cells.map((cell) => `<td>${renderCell(cell)}</td>`).join('')}</tr>\n`
      // Facts beside their names have no head.
      const head = `<table>\n${block.head.some((cell) => cell !== '') ? `<tr>${block.head.map((cell) => `<th>${escapeText(cell)}</th>`).join('')}</tr>\n` : ''}`
      return rows(head, block.rows.map(row), '</table>\n\n', roomBytes)
    }
    case 'code':
      return preformatted('', block.text, '', roomBytes)
    case 'details':
      return preformatted(
        `<details><summary>${escapeText(block.label)}</summary>\n`,
        block.text,
        '</details>\n\n',
        roomBytes,
      )
  }
}

function whole(text: string, roomBytes: number) {
  return Buffer.byteLength(text) <= roomBytes ? { text, isCut: false } : { text: '', isCut: true }
}

function rows(head: string, lines: readonly string[], foot: string, roomBytes: number) {
  let text = head
  let size = Buffer.byteLength(head + foot)
  if (size > roomBytes) return { text: '', isCut: true }
  for (const line of lines) {
    size += Buffer.byteLength(line)
    if (size > roomBytes) return { text: text + foot, isCut: true }
    text += line
  }
  return { text: text + foot, isCut: false }
}

/** The end of a log matters most, so it is the beginning that is dropped. */
function preformatted(before: string, content: string, after: string, roomBytes: number) {
  const wrap = (inner: string) => `${before}<pre>${inner}</pre>\n${after}\n`
  const escaped = escapeHtml(content).replace(/\n/g, '&#10;')
  if (Buffer.byteLength(wrap(escaped)) <= roomBytes) return { text: wrap(escaped), isCut: false }
  const lines = escaped.split('&#10;')
  let tail = ''
  let size = Buffer.byteLength(wrap('…&#10;'))
  while (lines.length > 0) {
    const line = `${lines.pop()}&#10;`
    size += Buffer.byteLength(line)
    if (size > roomBytes) break
    tail = line + tail
  }
  return roomBytes < 200 ? { text: '', isCut: true } : { text: wrap(`…&#10;${tail}`), isCut: true }
}

function renderCell(cell: Cell): string {
  if (typeof cell === 'number') return String(cell)
  if (typeof cell === 'string') return escapeText(cell)
  const isWeb = /^https?:\/\//.test(cell.href)
  return isWeb ? `<a href="${escapeHtml(cell.href)}">${escapeText(cell.text)}</a>` : escapeText(cell.text)
}

/** Text that neither HTML nor Markdown can read as markup, on one line. */
export function escapeText(text: string): string {
  // "@" would mention people; a first character of the second group would begin a list, a rule or a heading
  // line.
  return visible(hideSecrets(text).replace(/[\r\n]+/g, ' ')).replace(
    /[&<>"'\\`*_[\]#|~@$]|^\s*[-+=\d]/g,
    (found) => [...found].map((c) => `&#${c.codePointAt(0)};`).join(''),
  )
}

function escapeHtml(text: string): string {
  return visible(hideSecrets(text)).replace(/[&<>"']/g, (found) => `&#${found.codePointAt(0)};`)
}

/** Control and direction-changing characters can make text look like other text. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
