/**
 * The report page of a year in a headless browser: from the start of navigation until all is drawn and painted, and one
 * filter moved, against the aim of a second. The rows have the shape of the views of a busy shop; it asserts nothing.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { renderReport } from '../local/demo/page.ts'
import { openPage } from '../test/e2e/page-reader.ts'
import { yearOfViews } from '../test/support/year-of-views.ts'
import type { Measured } from './measured.ts'

const AIM_SECONDS = 1
const TURNS = 5

/** Runs in the page: resolves when what is drawn was painted. */
const PAINTED = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))`

export async function page(say: (line: string) => void): Promise<Measured[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-page-'))
  try {
    const report = yearOfViews()
    const file = path.join(scratch, 'year.html')
    writeFileSync(file, renderReport(report))
    const rows = Object.values(report.views).reduce((sum, view) => sum + view.length, 0)
    say(`  ${rows.toLocaleString('en')} rows, ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`)
    const opened = await openPage(file)
    const found = new Map<string, number[]>()
    const keep = (what: string, ms: number): void => {
      found.set(what, [...(found.get(what) ?? []), ms / 1000])
    }
    for (let turn = 0; turn < TURNS; turn += 1)
      for (const [address, what] of [
        ['', 'as it starts'],
        ['#period=all', 'all days'],
      ] as const) {
        await opened.tab.goto('about:blank')
        await opened.tab.goto(`file://${encodeURI(file)}${address}`, { waitUntil: 'domcontentloaded' })
        keep(`a year opened, ${what}`, (await opened.tab.evaluate(PAINTED)) as number)
        const moved = (await opened.tab.evaluate(
          `(async () => { const before = performance.now(); document.querySelector('#signup-months input').click(); return (await ${PAINTED}) - before })()`,
        )) as number
        keep(`a filter moved, ${what}`, moved)
      }
    await opened.close()
    return [...found].map(([what, all]) => ({
      what: `${what}, painted`,
      seconds: all.sort((a, b) => a - b)[TURNS >> 1]!,
      against: 'aim',
      reference: AIM_SECONDS,
    }))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
