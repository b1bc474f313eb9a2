/** The links of docs/looker.md, as the command prints them, hold what Google's Linking API documents and nothing else. */
import { describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { repoRoot } from '../support/cloud.ts'

/** https://developers.google.com/looker-studio/integrate/linking-api, read on 2026-11-30. */
const SOURCE = [
  'billingProjectId',
  'connector',
  'datasetId',
  'datasourceName',
  'projectId',
  'tableId',
  'type',
]
/** What servers and browsers take of an address without a thought. */
const LONGEST = 8_000
const REPORT = '6e773f65-7612-45af-af37-e3cab6a9828b'

const looker = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(process.execPath, ['scripts/docs.ts', '--looker', ...words], { cwd: repoRoot, encoding: 'utf8' })
const linkOf = (...words: string[]): URL => {
  const { status, stdout, stderr } = looker(...words)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout.length).toBeLessThan(LONGEST)
  return new URL(stdout.trim())
}
const page = readFileSync(path.join(repoRoot, 'docs/looker.md'), 'utf8')
const views = readdirSync(path.join(repoRoot, 'bigquery/views/caec_insights')).map((name) =>
  name.slice(0, -'.sql'.length),
)

describe('the link of a board', () => {
  it('gives each of its sources a view of the project, by alias', () => {
    const link = linkOf('acme-prod', REPORT)
    expect(link.origin + link.pathname).toBe('https://lookerstudio.google.com/reporting/create')
    const sources = new Map<string, Record<string, string>>()
    for (const [name, value] of link.searchParams) {
      const [, alias, parameter] = /^ds\.(\w+)\.(\w+)$/.exec(name) ?? []
      if (alias === undefined) expect(['c.reportId', 'r.reportName']).toContain(name)
      else sources.set(alias, { ...sources.get(alias), [parameter!]: value })
    }
    expect(link.searchParams.get('c.reportId')).toBe(REPORT)
    expect(sources.size).toBeGreaterThan(8)
    for (const [alias, parameters] of sources) {
      expect(views).toContain(alias)
      expect(Object.keys(parameters).sort()).toEqual(SOURCE)
      expect(parameters).toMatchObject({
        connector: 'bigQuery',
        type: 'TABLE',
        projectId: 'acme-prod',
        billingProjectId: 'acme-prod',
        datasetId: 'caec_insights',
        tableId: alias,
      })
    }
  })

  it('without a board is that of a blank report with one source', () => {
    const names = [...linkOf('acme-prod').searchParams.keys()].sort()
    expect(names).toEqual(['c.mode', ...SOURCE.map((name) => `ds.${name}`), 'r.reportName'])
  })

  it('stands on the page for the example project', () => {
    expect(page).toContain(linkOf('caec-prod').href)
    expect(page).toContain(linkOf('caec-prod', REPORT).href.replace(REPORT, 'REPORT_ID'))
  })

  it.each([
    [['Acme'], '"Acme" is not a project id'],
    [[], '"" is not a project id'],
    [['acme-prod', 'x&c.mode=view'], '"x&c.mode=view" is not a report id'],
  ])('is refused for %j', (words, why) => {
    const { status, stdout, stderr } = looker(...words)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain(why)
  })
})
