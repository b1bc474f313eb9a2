/**
 * `npm run docs -- --pictures`: runs the demo and photographs what people see, the report page and a job summary, into
 * docs/pictures, and prints the page into docs/looker. It draws nothing itself and refuses a picture above 300 kB.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { marked } from 'marked'
import puppeteer from 'puppeteer-core'
import { ensureChromium } from '../local/toolchain/index.ts'

const LIMIT_BYTES = 300_000
/** GitHub shows a summary in its own type and width; its colours are a fact of its pages. */
const GITHUB = `body{font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;color:#1f2328;background:#fff;max-width:900px;margin:16px 24px}
h3{font-size:20px;margin:16px 0 8px}table{border-collapse:collapse;margin:8px 0 16px}td,th{border:1px solid #d1d9e0;padding:5px 12px;text-align:left}
tr:nth-child(2n){background:#f6f8fa}a{color:#0969da}pre{background:#f6f8fa;padding:12px;border-radius:6px;overflow:auto}code{background:#818b981f;padding:.2em .4em;border-radius:6px}`

interface Picture {
  readonly file: string
  readonly page: string
  readonly width: number
  /** Pixels of height; the whole page when absent. */
  readonly height?: number
}

export async function takePictures(root: string): Promise<void> {
  const state = mkdtempSync(path.join(tmpdir(), 'pictures-'))
  try {
    const demo = spawnSync(process.execPath, ['local/start.mjs', 'demo', '--state', state], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    })
    if (demo.status !== 0)
      throw new Error('npm run docs -- --pictures: the demo failed; its output stands above.')
    await photographDemo(root, state)
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/** The pictures of a demo that has run, whose state is at hand. */
export async function photographDemo(root: string, state: string): Promise<void> {
  const summary = summaryOf(state)
  const page = path.join(state, 'summary.html')
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${GITHUB}</style>${await marked(summary)}`)
  for (const folder of ['docs/pictures', 'docs/looker'])
    mkdirSync(path.join(root, folder), { recursive: true })
  await photograph([
    {
      file: path.join(root, 'docs/pictures/report.png'),
      page: path.join(state, 'report/index.html'),
      width: 1280,
      height: 1090,
    },
    {
      file: path.join(root, 'docs/looker/report.pdf'),
      page: path.join(state, 'report/index.html'),
      width: 1080,
    },
    { file: path.join(root, 'docs/pictures/summary.png'), page, width: 960 },
  ])
}

/** What publish-views wrote for the job in which it ran. */
function summaryOf(state: string): string {
  const all = globSync(path.join(state, '**/summary.md')).map((file) => readFileSync(file, 'utf8'))
  const parts = all.flatMap((text) => text.split(/^(?=#{1,4} )/m))
  const views = parts.find((part) => /^#+ Views/.test(part))
  if (views === undefined) throw new Error('npm run docs -- --pictures: no job of the demo published views.')
  return views
}

async function photograph(pictures: readonly Picture[]): Promise<void> {
  const { executablePath, args } = await ensureChromium((line) => process.stderr.write(`${line}\n`))
  const profile = mkdtempSync(path.join(tmpdir(), 'page-'))
  const browser = await puppeteer.launch({
    executablePath,
    args: [...args],
    headless: 'shell',
    userDataDir: profile,
  })
  try {
    for (const { file, page, width, height } of pictures) {
      const tab = await browser.newPage()
      await tab.setViewport({ width, height: height ?? 400 })
      await tab.goto(pathToFileURL(page).href, { waitUntil: 'networkidle0' })
      if (file.endsWith('.pdf')) await tab.pdf({ path: file, preferCSSPageSize: true, printBackground: true })
      else
        await tab.screenshot({
          path: file,
          fullPage: height === undefined,
          optimizeForSpeed: false,
        })
      const { size } = statSync(file)
      if (size > LIMIT_BYTES)
        throw new Error(`${file} has ${size} bytes; at most ${LIMIT_BYTES} are kept here.`)
      process.stderr.write(`wrote ${path.basename(file)}: ${size} bytes\n`)
    }
  } finally {
    await browser.close()
    rmSync(profile, { recursive: true, force: true })
  }
}
