/** The quickstart as its reader does it: its files in an empty folder, its commands in a shell, from the packed release. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'
import { installPacked } from '../support/packed-local.ts'

const minutes = 60_000
const page = readFileSync(join(repoRoot, 'docs/quickstart.md'), 'utf8')
const [, views = '', platform = '', dbt = ''] = page.split(/^## /m)
let folder: string
let started: number
beforeAll(() => {
  started = Date.now()
  folder = mkdtempSync(join(tmpdir(), 'quickstart '))
  installPacked(folder)
  execFileSync('git', ['init', '-q', folder])
}, 20 * minutes)
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** A file is a block behind a line that ends with its name and a colon. */
const writeFiles = (section: string): string[] =>
  [...section.matchAll(/`([\w./-]+)`[^`\n]*:\n\n```(?:sql|yaml)\n([\s\S]*?)```/g)].map(
    ([, name = '', text = '']) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
      return name
    },
  )

const runCommands = async (section: string, ...tools: string[]): Promise<{ code: number; said: string }> => {
  const script = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text).join('')
  const path = [dirname(process.execPath), ...tools, process.env.PATH].join(delimiter)
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-e', '-c', script],
      { cwd: folder, env: { ...process.env, PATH: path }, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr })
      },
    )
  })
}

it(
  'brings one action behind Google’s sign-in to green, and has nothing to do the second time',
  async () => {
    expect(writeFiles(views)).toEqual(['views/caec_insights/answer.sql', '.github/workflows/views.yml'])
    const first = await runCommands(views)
    expect([first.code, first.said]).toEqual([0, expect.stringContaining('✓ views: success')])
    expect(first.said).toContain('create caec_insights.answer')
    // From the packing to a newcomer's first green step.
    expect(Date.now() - started).toBeLessThan(15 * minutes)
    const second = await runCommands(views)
    expect([second.code, second.said]).toEqual([
      0,
      expect.not.stringContaining('create caec_insights.answer'),
    ])
  },
  20 * minutes,
)

it(
  'deploys the platform by the workflows of the product, beside what the first file published',
  async () => {
    expect(writeFiles(platform)).toEqual(['.github/workflows/platform.yml'])
    const { dbt: program } = await ensureDbt(() => undefined)
    const ran = await runCommands(platform, dirname(program))
    expect([ran.code, ran.said]).toEqual([0, expect.stringContaining('✓ deploy: success')])
  },
  10 * minutes,
)

it(
  'builds a dbt project on the local cloud',
  async () => {
    expect(writeFiles(dbt)).toEqual([
      'dbt_project.yml',
      'profiles.yml',
      'models/answer.sql',
      'models/schema.yml',
    ])
    const { dbt: program } = await ensureDbt(() => undefined)
    const ran = await runCommands(dbt, dirname(program))
    expect([ran.code, ran.said]).toEqual([0, expect.stringMatching(/PASS=3 WARN=0 ERROR=0/)])
  },
  20 * minutes,
)
