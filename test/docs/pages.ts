/** The Markdown pages of this repository, without what is generated, downloaded or of a test's making. */
import fastGlob from 'fast-glob'

export function pagesOf(root: string): string[] {
  return fastGlob
    .sync(['**/*.md'], {
      cwd: root,
      dot: true,
      ignore: [
        '**/node_modules/**',
        'dist/**',
        'build/**',
        '.local/**',
        '**/.venv/**',
        'dbt/target/**',
        'dbt/dbt_packages/**',
        '**/.terraform/**',
      ],
    })
    .sort()
}

/** Words outside tables, fenced code and the comments of generated parts. */
export function proseWordsOf(markdown: string): number {
  let isCode = false
  let words = 0
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode
    else if (!isCode && !/^(?:\||<!--)/.test(line)) words += line.split(/\s+/).filter(Boolean).length
  }
  return words
}
