/** A year of the report page as it lies on a telephone, a tablet, a desk and on paper, light and dark: nothing beside the page, nothing cut. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { renderReport } from '../../../local/demo/page.ts'
import { openPage, type OpenPage } from '../../e2e/page-reader.ts'
import { yearOfViews } from '../../support/year-of-views.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'report layout '))
const file = path.join(scratch, 'index.html')
const HEIGHTS = { 390: 844, 768: 1024, 1280: 900 }
const CHARTS = 8
/** A4 at 96 dots an inch, without the margins of style-print.css. */
const PAPER = { width: 725, height: 1054 }

let page: OpenPage

beforeAll(async () => {
  writeFileSync(file, renderReport(yearOfViews()))
  page = await openPage(file)
}, 60_000)

afterAll(async () => {
  await page?.close()
  rmSync(scratch, { recursive: true, force: true })
})

interface Layout {
  /** Pixels that the page is wider than the window. */
  readonly beside: number
  /** What sticks out of the window and cannot be scrolled to by itself. */
  readonly outside: readonly string[]
  /** Charts that stick out of their frame, or are cut by it. */
  readonly cut: readonly string[]
  readonly charts: number
  /** Of the window's height, after scrolling. */
  readonly covered: number
}
const layout = (): Promise<Layout> =>
  page.tab.evaluate(() => {
    scrollTo(0, 1200)
    const name = (one: Element): string => `${one.closest('[id]')?.id ?? ''} ${one.tagName} ${one.className}`
    const frames = [...document.querySelectorAll('.canvas')]
    const found = {
      beside: document.documentElement.scrollWidth - innerWidth,
      outside: [...document.querySelectorAll('body *:not(svg *)')]
        .filter((one) => !one.closest('.scroll, .unseen, .skip, dialog:not([open])'))
        .filter((one) => {
          const { left, right, width } = one.getBoundingClientRect()
          return width > 1 && (left < -0.5 || right > innerWidth + 0.5)
        })
        .map(name),
      cut: frames
        .filter((frame) => {
          const svg = frame.querySelector(':scope > svg')
          if (svg === null) return true
          const [inner, outer] = [svg.getBoundingClientRect(), frame.getBoundingClientRect()]
          const isHidden = getComputedStyle(frame).overflow !== 'visible'
          return (
            inner.width < 100 ||
            inner.right > outer.right + 1 ||
            (isHidden && inner.bottom > outer.bottom + 1)
          )
        })
        .map(name),
      charts: frames.length,
      covered: (document.getElementById('filters')?.getBoundingClientRect().bottom ?? 0) / innerHeight,
    }
    scrollTo(0, 0)
    return found
  })

describe.each(Object.entries(HEIGHTS))('at %s pixels', (width, height) => {
  it.each(['light', 'dark'])('lies within the window in %s, folded and unfolded', async (value) => {
    await page.tab.setViewport({ width: Number(width), height })
    await page.tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
    await page.tab.goto('about:blank')
    await page.tab.goto(`file://${encodeURI(file)}`)
    for (const isOpen of [false, true]) {
      await page.tab.$$eval(
        'details.data',
        (all, open) => {
          for (const one of all) one.open = open
        },
        isOpen,
      )
      const { covered, ...rest } = await layout()
      expect(rest).toEqual({ beside: 0, outside: [], cut: [], charts: CHARTS })
      expect(covered).toBeLessThan(1 / 3)
    }
    const ground = await page.tab.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const [red] = ground.match(/\d+/g)!.map(Number)
    expect(red! > 127).toBe(value === 'light')
  })

  it('opens each filter within the window', async () => {
    for (const id of ['event-types', 'signup-months']) {
      await page.tab.$eval(`.menu:has(#${id})`, (one) => {
        ;(one as HTMLDetailsElement).open = true
      })
      expect((await layout()).outside).toEqual([])
    }
  })
})

describe('on paper', () => {
  it('has no controls, all charts, and of an unfolded table every row', async () => {
    await page.tab.setViewport({ width: 1280, height: 900 })
    await page.tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
    await page.tab.goto('about:blank')
    await page.tab.goto(`file://${encodeURI(file)}`)
    await page.tab.$eval('details.data:has([data-table=trend])', (one) => {
      one.open = true
    })
    await page.tab.waitForSelector('[data-table=trend] tbody')
    await page.tab.emulateMediaType('print')
    await page.tab.setViewport(PAPER)
    const seen = await page.tab.evaluate(() => {
      const isSeen = (one: Element): boolean =>
        one.checkVisibility() && one.getBoundingClientRect().height > 0
      const of = (selector: string): Element[] => [...document.querySelectorAll(selector)].filter(isSeen)
      const scroll = document.querySelector('[data-table=trend]')!.closest('.scroll')!
      return {
        controls: of('form, button, input, .skip').length,
        rows: of('[data-table=trend] tbody tr').length,
        isWhole: scroll.scrollHeight <= scroll.clientHeight + 1,
        figures: of('.tile output').length,
        // Dark is for screens.
        ground: getComputedStyle(document.body).backgroundColor,
      }
    })
    const { outside, cut, charts } = await layout()
    await page.tab.emulateMediaType('screen')
    expect(seen).toEqual({
      controls: 0,
      rows: 90,
      isWhole: true,
      figures: 6,
      ground: 'rgba(0, 0, 0, 0)',
    })
    expect({ outside, cut, charts }).toEqual({ outside: [], cut: [], charts: CHARTS })
  })
})
