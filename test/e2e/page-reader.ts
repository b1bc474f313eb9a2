/**
 * Drives the report page in a real headless browser and reads the numbers a person sees; it computes none.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { ensureChromium } from '../../local/toolchain/index.ts'

export interface Filters {
  readonly from: string
  readonly to: string
  readonly eventTypes: readonly string[]
  readonly signupMonths: readonly string[]
}
export interface Shown {
  /** Exact values behind the tiles, and the text a person reads. */
  readonly tiles: Readonly<
    Record<string, { readonly value: string; readonly text: string; readonly detail: string }>
  >
  /** Exact change of each tile against the period before. */
  readonly deltas: Readonly<Record<string, { readonly value: string; readonly isShown: boolean }>>
  /** table → row key → field → exact value */
  readonly tables: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>
  /** section → note, empty when every active filter applies */
  readonly notes: Readonly<Record<string, string>>
}
export interface OpenPage {
  /** The browser's own page, for what no number says: keys, colours, downloads. */
  readonly tab: Page
  readonly errors: readonly string[]
  readonly requests: readonly string[]
  domain(): Promise<Filters>
  set(filters: Filters): Promise<Shown>
  read(): Promise<Shown>
  close(): Promise<void>
}

/** `hash`: the filters as an address holds them, `#period=7d`. */
export async function openPage(file: string, hash = ''): Promise<OpenPage> {
  const { executablePath, args } = await ensureChromium(() => undefined)
  const profile = mkdtempSync(path.join(tmpdir(), 'page-'))
  const browser: Browser = await puppeteer.launch({
    executablePath,
    args: [...args],
    headless: 'shell',
    userDataDir: profile,
  })
  const page: Page = await browser.newPage()
  const errors: string[] = []
  const requests: string[] = []
  page
    .on('pageerror', (error) => errors.push((error as Error).message))
    .on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) requests.push(request.url())
  })
  await page.setViewport({ width: 1280, height: 900 })
  await page.goto(`${pathToFileURL(file).href}${hash}`)
  const read = (): Promise<Shown> =>
    page.evaluate(async () => {
      // A folded table is built when it is opened, after the event that says so.
      const folded = [...document.querySelectorAll<HTMLDetailsElement>('details.data:not([open])')]
      await Promise.all(
        folded.map((details) => {
          details.open = true
          return new Promise((opened) => details.addEventListener('toggle', opened, { once: true }))
        }),
      )
      const note = (element: HTMLElement): [string, string] => [
        element.dataset.note ?? '',
        element.textContent ?? '',
      ]
      const row = (line: HTMLElement): [string, Record<string, string>] => [
        line.dataset.key ?? '',
        Object.fromEntries(
          [...line.querySelectorAll<HTMLElement>('[data-field]')].map((cell) => [
            cell.dataset.field ?? '',
            cell.dataset.value ?? '',
          ]),
        ),
      ]
      return {
        tiles: Object.fromEntries(
          [...document.querySelectorAll<HTMLElement>('[data-metric]')].map((tile) => [
            tile.dataset.metric ?? '',
            {
              value: tile.dataset.value ?? '',
              text: tile.textContent ?? '',
              detail: tile.closest('.tile')?.querySelector('.detail')?.textContent ?? '',
            },
          ]),
        ),
        deltas: Object.fromEntries(
          [...document.querySelectorAll<HTMLElement>('[data-delta]')].map((delta) => [
            delta.dataset.delta ?? '',
            { value: delta.dataset.value ?? '', isShown: !delta.hidden },
          ]),
        ),
        tables: Object.fromEntries(
          [...document.querySelectorAll<HTMLElement>('[data-table]')].map((table) => [
            table.dataset.table ?? '',
            Object.fromEntries([...table.querySelectorAll<HTMLElement>('tr[data-key]')].map(row)),
          ]),
        ),
        notes: Object.fromEntries([...document.querySelectorAll<HTMLElement>('[data-note]')].map(note)),
      }
    })
  return {
    tab: page,
    errors,
    requests,
    read,
    domain: () =>
      page.evaluate(() => {
        const boxes = (id: string): string[] =>
          [...document.querySelectorAll<HTMLInputElement>(`#${id} input`)].map((box) => box.value)
        const date = (id: string): HTMLInputElement => document.getElementById(id) as HTMLInputElement
        return {
          from: date('from').min,
          to: date('to').max,
          eventTypes: boxes('event-types'),
          signupMonths: boxes('signup-months'),
        }
      }),
    async set(filters) {
      await page.evaluate((wanted) => {
        for (const id of ['from', 'to'] as const)
          (document.getElementById(id) as HTMLInputElement).value = wanted[id]
        for (const [id, values] of [
          ['event-types', wanted.eventTypes],
          ['signup-months', wanted.signupMonths],
        ] as const) {
          for (const box of document.querySelectorAll<HTMLInputElement>(`#${id} input`))
            box.checked = values.includes(box.value)
        }
        document.getElementById('filters')?.dispatchEvent(new Event('input', { bubbles: true }))
      }, filters)
      return read()
    },
    async close() {
      await browser.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
