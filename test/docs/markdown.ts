/** Reads Markdown as GitHub shows it: anchors, links and fenced code with their lines. It knows no file. */

export interface Link {
  readonly target: string
  readonly line: number
}
export interface Fence {
  readonly language: string
  readonly text: string
  readonly line: number
}

/** Anchors GitHub gives to headings (its own slug rule), numbered when they repeat, and explicit `<a id>`. */
export function anchorsOf(markdown: string): Set<string> {
  const found = new Set<string>()
  for (const { text } of linesOf(markdown)) {
    for (const [, id = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id)
    const heading = /^ {0,3}#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1]
    if (heading === undefined) continue
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>/g, '')
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let number = 1; found.has(anchor); number += 1) anchor = `${slug}-${number}`
    found.add(anchor)
  }
  return found
}

/** Inline links and images outside code, reference definitions included. */
export function linksOf(markdown: string): Link[] {
  return linesOf(markdown).flatMap(({ text, line }) => {
    const prose = text.replace(/`[^`]*`/g, '')
    return [
      ...prose.matchAll(/\]\(\s*<?([^()\s>]+(?:\([^()]*\)[^()\s>]*)?)>?(?:\s+"[^"]*")?\s*\)/g),
      ...prose.matchAll(/^\s*\[[^\]]+\]:\s*(\S+)/g),
    ].map((match) => ({ target: match[1] ?? '', line }))
  })
}

export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = []
  let open: { mark: string; language: string; indent: number; line: number; lines: string[] } | undefined
  for (const [index, text] of markdown.split(/\r?\n/).entries()) {
    const match = /^(\s*)(`{3,}|~{3,})\s*(\S*)/.exec(text)
    if (open === undefined && match)
      open = {
        mark: match[2] ?? '',
        language: match[3] ?? '',
        indent: match[1]?.length ?? 0,
        line: index + 1,
        lines: [],
      }
    else if (open !== undefined && match && (match[2] ?? '').startsWith(open.mark) && match[3] === '') {
      fences.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line })
      open = undefined
    } else open?.lines.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)))
  }
  return fences
}

/** Lines outside fenced code. */
function linesOf(markdown: string): { text: string; line: number }[] {
  let mark = ''
  return markdown.split(/\r?\n/).flatMap((text, index) => {
    const fence = /^\s*(`{3,}|~{3,})/.exec(text)?.[1]
    if (fence !== undefined) {
      if (mark === '') mark = fence
      else if (fence.startsWith(mark)) mark = ''
      return []
    }
    return mark === '' ? [{ text, line: index + 1 }] : []
  })
}
