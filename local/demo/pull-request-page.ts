/**
 * Two states of one comment as a page in the manner of a pull request; it refuses scripts and the network, whatever
 * stands in a comment.
 */
import { marked } from 'marked'

interface Shown {
  readonly number: number
  readonly title: string
  readonly review: string
  readonly result: string
}

const STYLE = `body{font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;color:#1f2328;background:#fff;max-width:980px;margin:24px auto;padding:0 16px}
h1{font-size:26px;font-weight:400}h1 span,.by,footer{color:#59636e}h2{font-size:16px;margin:28px 0 8px}article{border:1px solid #d1d9e0;border-radius:6px;margin:0 0 16px}
.by{background:#f6f8fa;border-bottom:1px solid #d1d9e0;padding:8px 16px;border-radius:6px 6px 0 0}.by b{color:#1f2328}.body{padding:8px 16px;overflow-x:auto}
h3{font-size:20px;margin:12px 0 8px}table{border-collapse:collapse;margin:8px 0 16px}td,th{border:1px solid #d1d9e0;padding:5px 12px;text-align:left}
td{overflow-wrap:break-word}tr:nth-child(2n){background:#f6f8fa}a{color:#0969da}pre{background:#f6f8fa;padding:12px;border-radius:6px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}`

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

export function renderPullRequest({ number, title, review, result }: Shown): string {
  const comment = (body: string): string =>
    `<article><div class="by"><b>github-actions</b> bot commented</div><div class="body">${marked.parse(body, { async: false })}</div></article>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)} · Pull request #${number}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)} <span>#${number}</span></h1>
<h2>While it is reviewed</h2>
${comment(review)}
<h2>The same comment after the merge</h2>
${comment(result)}
<footer>Played on this machine: no request left it. GitHub shows it in its own type and colours.</footer>
</body></html>
`
}
