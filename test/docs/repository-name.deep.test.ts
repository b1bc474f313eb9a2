/** `npm run docs -- --repository` on a copy of the whole tree: its documents stay fresh, and its quickstart runs under the new name. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { repoRoot } from '../support/cloud.ts'

let copy = ''
beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'named tree '))
  const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  for (const file of execFileSync('git', ['-C', repoRoot, ...listed], { encoding: 'utf8' }).split('\0'))
    if (file !== '' && existsSync(path.join(repoRoot, file)))
      cpSync(path.join(repoRoot, file), path.join(copy, file))
  symlinkSync(path.join(repoRoot, 'node_modules'), path.join(copy, 'node_modules'))
}, 300_000)
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const node = (cwd: string, ...args: string[]): { code: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}

it('names everything, and what it named fits together', () => {
  const docs = path.join(copy, 'scripts/docs.ts')
  const named = node(copy, docs, '--repository', 'octo-shop/clicks')
  expect([named.code, named.said]).toEqual([0, expect.stringContaining('named in docs/quickstart.md')])
  expect(node(copy, docs, '--check')).toMatchObject({ code: 0 })
  const page = readFileSync(path.join(copy, 'docs/quickstart.md'), 'utf8')
  const workflow = /```yaml\n([\s\S]*?)```/.exec(page)![1]!
  expect(workflow).toContain('uses: octo-shop/clicks/actions/publish-views@SHA')
  const shop = path.join(copy, 'build/shop')
  for (const folder of ['.github/workflows', 'views/caec_insights'])
    mkdirSync(path.join(shop, folder), { recursive: true })
  writeFileSync(path.join(shop, '.github/workflows/views.yml'), workflow)
  writeFileSync(path.join(shop, 'views/caec_insights/answer.sql'), 'SELECT 42 AS answer\n')
  execFileSync('git', ['init', '-q', shop])
  const ran = node(shop, path.join(copy, 'local/cli.ts'), 'run', '.github/workflows/views.yml')
  expect([ran.code, ran.said]).toEqual([0, expect.stringContaining('✓ views: success')])
}, 600_000)
