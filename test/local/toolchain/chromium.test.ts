import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import puppeteer from 'puppeteer-core'
import { ensureChromium } from '../../../local/toolchain/index.ts'

describe('the browser of the tests', () => {
  let profile: string
  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'profile '))
  })
  afterAll(() => rm(profile, { recursive: true, force: true }))

  it('opens a page as this user and runs its script', async () => {
    const { executablePath, args } = await ensureChromium(() => undefined)
    const browser = await puppeteer.launch({ executablePath, args, headless: 'shell', userDataDir: profile })
    try {
      const page = await browser.newPage()
      await page.setContent(
        '<p id="sum"></p><script>document.getElementById("sum").textContent = 6 * 7</script>',
      )
      expect(await page.$eval('#sum', (element) => element.textContent)).toBe('42')
    } finally {
      await browser.close()
    }
  }, 120_000)
})
