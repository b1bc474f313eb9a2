/** Reads a list page after page. It refuses a page that comes twice: what follows would be missing without a word. */
import { notGoogles } from './answer.ts'
import type { Asked } from './translate.ts'

export async function allPages<P extends { readonly nextPageToken?: string }>(
  asked: Asked,
  page: (pageToken: string | undefined) => Promise<P>,
): Promise<P[]> {
  const pages: P[] = []
  const seen = new Set<string>()
  for (let pageToken: string | undefined; ;) {
    const found = await page(pageToken)
    pages.push(found)
    if (!found.nextPageToken) return pages
    pageToken = found.nextPageToken
    if (seen.has(pageToken)) throw notGoogles(asked, 200, 'it is the same page twice', { isRetryable: false })
    seen.add(pageToken)
  }
}
