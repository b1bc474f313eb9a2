/** The report page in a real headless Chromium, on events of our own making and without a demo: its numbers, its states, its manners. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../../../local/demo/generator.ts'
import { renderReport, type Report } from '../../../local/demo/page.ts'
import { boundaryRows } from '../../e2e/boundary-events.ts'
import { canonicalGa4 } from '../../e2e/canonical-rows.ts'
import { expectNumbers } from '../../e2e/page-numbers.ts'
import { openPage, type OpenPage } from '../../e2e/page-reader.ts'
import { computeTruths, computeTruthsOfRows, type Truths } from '../../e2e/truths.ts'
import { reportOfTruths } from '../../support/report-of-truths.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'report page '))
const file = path.join(scratch, 'index.html')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const HOSTILE = `=1+1 "</script><img src=x onerror="document.title='owned'">`

let truths: Truths
let report: Report
let page: OpenPage

const write = (name: string, given: Report): string => {
  const target = path.join(scratch, name)
  writeFileSync(target, renderReport(given))
  return target
}

beforeAll(async () => {
  const csv = path.join(scratch, 'events.csv')
  await generateEvents({ rows: 6_000, seed: 7, path: csv })
  appendFileSync(csv, `${boundaryRows.join('\n')}\n`)
  truths = await computeTruths(csv)
  report = await reportOfTruths(truths, 6)
  write('index.html', report)
  page = await openPage(file)
}, 60_000)

afterAll(async () => {
  await page?.close()
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

const textOf = (id: string): Promise<string> =>
  page.tab.$eval(`#${id}`, (element) => element.textContent?.trim() ?? '')
const press = (selector: string): Promise<void> =>
  page.tab.$eval(selector, (element) => (element as HTMLElement).click())
const hash = (): string => new URL(page.tab.url()).hash
const open = async (fragment: string, target = file): Promise<void> => {
  await page.tab.goto('about:blank')
  await page.tab.goto(`file://${encodeURI(target)}${fragment}`)
}

describe('the page', () => {
  it('opens without an error, a request or a script that was not admitted', () => {
    expect(page.errors).toEqual([])
    expect(page.requests).toEqual([])
  })

  it('shows the numbers of the facts, whatever the filters are moved to', async () => {
    await expectNumbers(page, truths, 4)
  }, 60_000)

  it('shows where sessions came from and with what, where the source says it', async () => {
    const [raw, rows] = [path.join(scratch, 'ga4.ndjson'), path.join(scratch, 'canonical.ndjson')]
    await generateEvents({ rows: 3_000, seed: 7, path: raw, shape: 'ga4' })
    const lines = readFileSync(raw, 'utf8').trimEnd().split('\n')
    writeFileSync(
      rows,
      lines
        .flatMap(canonicalGa4)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    )
    const ofShop = await computeTruthsOfRows(rows)
    write('ga4.html', await reportOfTruths(ofShop))
    const shop = await openPage(path.join(scratch, 'ga4.html'))
    await expectNumbers(shop, ofShop, 1)
    const { tables } = await shop.read()
    expect(
      Object.keys(tables.sources ?? {}).filter((name) => / \/ .+ \/ /.test(name)).length,
    ).toBeGreaterThan(1)
    expect(Object.keys(tables.devices ?? {})).toEqual(expect.arrayContaining(['desktop', 'mobile']))
    await shop.close()
    ofShop.close()
  }, 60_000)

  it('draws a line in each tile, and says aloud what the filters changed', async () => {
    await press('[data-preset=all]')
    const points = await page.tab.$$eval('.tile .line polyline', (all) =>
      all.map((one) => one.getAttribute('points')!.split(' ').length),
    )
    // A line for each whole day: the last one is not over.
    expect(points).toEqual(Array(6).fill(138))
    const said = '[role=status][aria-live=polite]'
    const before = await page.tab.$eval(said, (one) => one.textContent)
    await press('[data-preset="7d"]')
    expect(await page.tab.$eval(said, (one) => one.textContent)).not.toBe(before)
  })

  it('says what came in, and that a part was rejected', async () => {
    const stages = await page.tab.$$eval('[data-stage]', (all) =>
      Object.fromEntries(all.map((one) => [one.getAttribute('data-stage'), one.getAttribute('data-value')])),
    )
    expect(stages).toMatchObject({ raw: String(report.stages.raw.rows), rejected: '6' })
  })

  it('says why rows were rejected, and what was judged before publication', async () => {
    const cells = async (name: string): Promise<string[][]> => {
      await press(`#${name} summary`)
      const table = await page.tab.waitForSelector(`[data-table=${name}]:has(tbody)`)
      return table!.$$eval('tbody tr', (rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent)),
      )
    }
    expect(await cells('reasons')).toEqual([['event_unknown', '6']])
    expect(await cells('gate')).toEqual([
      ['loaded rows', 'green', '3', 'at most 0', ''],
      ['late rows', 'alarm', '1', 'at most 0.5', '6 of 10 rows'],
    ])
    expect(await textOf('gate-said')).toBe('late rows alarm')
  })
})

describe('the filters', () => {
  it('take a period by name, keep it in the address, and come back from it', async () => {
    await open('')
    const start = await page.read()
    expect(hash()).toBe('')
    await press('[data-preset="7d"]')
    expect(hash()).toBe('#period=7d')
    const week = await page.read()
    expect(Object.keys(week.tables.trend ?? {})).toHaveLength(7)
    expect(week.deltas.sessions?.isShown).toBe(true)
    await press('[data-only="addtocart"]')
    expect(hash()).toBe('#period=7d&events=addtocart')
    expect(await textOf('event-types-chosen')).toBe('Add to cart')
    const narrowed = await page.read()
    await open(hash())
    expect(await page.read()).toEqual(narrowed)
    await press('button[type=reset]')
    await page.tab.waitForFunction(() => location.hash === '')
    expect(await page.read()).toEqual(start)
  })

  it('are emptied and filled at once', async () => {
    await press('.menu:has(#signup-months) [data-every=none]')
    expect(await textOf('signup-months-chosen')).toBe('0 of 5 months')
    expect((await page.read()).tiles.sessions?.value).toBe('0')
    expect(await page.tab.$$eval('.canvas .empty', (all) => all.length)).toBe(6)
    await press('.menu:has(#signup-months) [data-every=all]')
    expect(await textOf('signup-months-chosen')).toBe('all months')
  })

  it('say that a day is not over, and that there is nothing to compare with', async () => {
    await press('[data-preset=all]')
    expect(await textOf('partial')).toMatch(/^18 Sept is not over: its data ends at 02:\d\d:\d\d UTC\.$/)
    expect(await textOf('compared')).toMatch(/^Nothing to compare with/)
    await press('[data-preset="28d"]')
    expect(await textOf('partial')).toBe('')
    expect(await textOf('compared')).toBe('Compared with 24 Jul – 20 Aug 2015, as many days before.')
  })

  it('work by keyboard: a menu opens, Escape closes it and gives the focus back', async () => {
    await page.tab.focus('.menu summary')
    await page.tab.keyboard.press('Enter')
    await page.tab.keyboard.press('Tab')
    expect(await page.tab.evaluate(() => document.activeElement?.textContent)).toBe('All')
    await page.tab.keyboard.press('Escape')
    expect(
      await page.tab.evaluate(() => [
        document.activeElement?.tagName,
        document.querySelectorAll('details.menu[open]').length,
      ]),
    ).toEqual(['SUMMARY', 0])
  })
})

describe('what can be taken away', () => {
  const saved = async (selector: string, name: string): Promise<Buffer> => {
    const session = await page.tab.createCDPSession()
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: scratch,
      eventsEnabled: true,
    })
    const done = new Promise((resolve) =>
      session.on('Browser.downloadProgress', ({ state }) => {
        if (state === 'completed') resolve(undefined)
      }),
    )
    await press(selector)
    await done
    await session.detach()
    const target = path.join(scratch, name)
    expect(existsSync(target)).toBe(true)
    return readFileSync(target)
  }

  it('is each table as CSV, in which no cell starts a formula', async () => {
    const views = {
      ...report.views,
      kpi_top_products_named: (report.views.kpi_top_products_named ?? []).map((row) => ({
        ...row,
        product_name: HOSTILE,
      })),
    }
    await open('#period=all', write('hostile.html', { ...report, views }))
    expect(await page.tab.title()).toBe('Clickstream report · caec-local')
    const shown = await page.read()
    const csv = (await saved('[data-csv=products]', 'products-2015-05-03-2015-09-18.csv')).toString()
    const lines = csv.trimEnd().split('\r\n')
    expect(lines[0]).toBe('rank,name,itemId,lines,orders,share')
    expect(lines).toHaveLength(Object.keys(shown.tables.products ?? {}).length + 1)
    expect(lines[1]).toContain(`"'=1+1 ""</script>`)
  })

  it('is every table, with a line for each of its rows', async () => {
    await open('#period=28d')
    const { tables } = await page.read()
    const names = await page.tab.$$eval('[data-csv]', (all) =>
      all.map((one) => one.getAttribute('data-csv')!),
    )
    expect(names.sort()).toEqual(Object.keys(tables).sort())
    // What each button saves, without saving a dozen files.
    const lines = await page.tab.evaluate(
      (all) =>
        all.map((name) => {
          const { caecPage } = globalThis as unknown as {
            caecPage: { tables: { csvOf: (name: string) => string } }
          }
          return caecPage.tables.csvOf(name).trimEnd().split('\r\n').length - 1
        }),
      names,
    )
    expect(lines).toEqual(names.map((name) => Object.keys(tables[name]!).length))
  })

  it('is each chart as PNG', async () => {
    await open('#period=28d')
    for (const id of [
      'trend',
      'funnel',
      'cohorts',
      'volume',
      'products',
      'retention',
      'sources',
      'devices',
    ]) {
      const png = await saved(`[data-png=${id}]`, `${id}-2015-08-21-2015-09-17.png`)
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      expect([id, png.readUInt32BE(16) > 900, png.readUInt32BE(20) > 300]).toEqual([id, true, true])
      // A picture of one colour would be a few kilobytes; these events name one source and one device.
      expect(png.length).toBeGreaterThan(['sources', 'devices'].includes(id) ? 4_000 : 12_000)
    }
    expect(page.errors).toEqual([])
    expect(page.requests).toEqual([])
  })
})

describe('whoever reads it', () => {
  interface Violation {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }
  const violations = async (): Promise<string[]> => {
    await page.tab.evaluate(axe)
    const found = (await page.tab.evaluate(
      `axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)`,
    )) as Violation[]
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
  }

  it.each(['light', 'dark'])('finds no barrier that axe knows, in %s, folded and unfolded', async (theme) => {
    await page.tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
    await open('')
    expect(await violations()).toEqual([])
    await page.tab.$$eval('details.data', (all) => {
      for (const one of all) one.open = true
    })
    await page.tab.$eval('.menu:has(#event-types)', (one) => {
      ;(one as HTMLDetailsElement).open = true
    })
    expect(await violations()).toEqual([])
  })

  it('may choose the other colours, and a link keeps them', async () => {
    const ground = (): Promise<string> =>
      page.tab.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
    await open('')
    const light = await ground()
    await press('#theme')
    expect(hash()).toBe('#theme=dark')
    const dark = await ground()
    expect(dark).not.toBe(light)
    await open('#theme=dark')
    expect(await ground()).toBe(dark)
  })

  it('on a telephone sees the page behind the filters, and nothing beside it', async () => {
    await page.tab.setViewport({ width: 390, height: 844 })
    await open('')
    const [covered, beside] = await page.tab.evaluate(() => {
      scrollTo(0, 1200)
      return [
        document.getElementById('filters')?.getBoundingClientRect().bottom ?? 0,
        document.documentElement.scrollWidth - innerWidth,
      ]
    })
    await page.tab.setViewport({ width: 1280, height: 900 })
    expect(covered).toBeLessThan(844 / 3)
    expect(beside).toBe(0)
  })
})

describe('a report of little', () => {
  const lessThan = (keep: (date: string) => boolean): Report => ({
    ...report,
    views: Object.fromEntries(
      Object.entries(report.views).map(([name, rows]) => [
        name,
        rows
          .filter((row) => keep(String(row.session_date ?? row.event_date ?? '2015-05-04')))
          .map((row) => ({ ...row, data_through: '2015-05-04T23:59:30.000Z' })),
      ]),
    ),
  })

  it('of nothing says so and refuses no click', async () => {
    await open('', write('empty.html', { ...report, views: lessThan(() => false).views }))
    expect(await textOf('shown')).toBe('The views are empty: no event was accepted yet.')
    expect(await page.tab.$$eval('.canvas .empty', (all) => all.length)).toBe(8)
    await press('button[type=reset]')
    expect(page.errors).toEqual([])
  })

  it('of one day shows the day, compares nothing and offers no longer period', async () => {
    await open(
      '',
      write(
        'day.html',
        lessThan((date) => date === '2015-05-04'),
      ),
    )
    expect(await textOf('shown')).toMatch(/^4 May 2015: \d+ sessions, conversion/)
    expect(await textOf('compared')).toMatch(/^Nothing to compare with/)
    expect(await textOf('partial')).toBe('')
    expect(
      await page.tab.$$eval('#presets button:enabled', (all) => all.map((one) => one.textContent)),
    ).toEqual(['This month', 'All'])
    expect(await page.tab.$$eval('.canvas > svg', (all) => all.length)).toBe(8)
    expect(page.errors).toEqual([])
  })
})
