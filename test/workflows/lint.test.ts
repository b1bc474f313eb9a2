/** The linters of workflows see planted mistakes; that the repository is clean is a check of its own. */
import { expect, it } from '@jest/globals'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureActionlint, ensureChecks } from '../../local/toolchain/index.ts'
import { lintWorkflows } from './lint.ts'

const root = path.resolve(import.meta.dirname, '../..')
await ensureChecks(() => undefined)
const hasActionlint = 'program' in (await ensureActionlint(() => undefined))
const workflow = (steps: string, permissions = 'permissions: {}'): string =>
  `on: pull_request\n${permissions}\njobs:\n  one:\n    runs-on: ubuntu-latest\n    timeout-minutes: 5\n    steps:\n${steps}`

async function lint(
  text: string,
): Promise<{ counts: Awaited<ReturnType<typeof lintWorkflows>>; said: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'planted workflow '))
  try {
    mkdirSync(path.join(folder, '.github/workflows'), { recursive: true })
    for (const name of ['actionlint.yaml', 'zizmor.yml'])
      cpSync(path.join(root, '.github', name), path.join(folder, '.github', name))
    writeFileSync(path.join(folder, '.github/workflows/planted.yml'), text)
    const said: string[] = []
    const counts = await lintWorkflows(folder, (line) => said.push(line))
    return { counts, said: said.join('\n') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('finds nothing in a sound workflow that uses $/ and the identity of the called workflow', async () => {
  const { counts, said } = await lint(
    workflow(
      '      - uses: $/actions/auth\n      - env:\n          REPOSITORY: ${{ job.workflow_repository }}\n        run: echo "$REPOSITORY"\n',
    ),
  )
  expect([said, counts.failed]).toEqual([hasActionlint ? '' : expect.stringContaining('skipped'), 0])
}, 600_000)

it.each([
  [
    'an action that is not pinned',
    workflow('      - uses: actions/setup-node@v6\n'),
    /zizmor:[\s\S]*unpinned-uses/,
  ],
  [
    'text of a stranger in a script',
    workflow('      - run: echo "${{ github.event.pull_request.title }}"\n'),
    /zizmor:[\s\S]*template-injection/,
  ],
  [
    'a trigger that gives strangers a token',
    workflow('      - run: echo\n').replace('on: pull_request', 'on: pull_request_target'),
    /zizmor:[\s\S]*dangerous-triggers/,
  ],
])(
  'zizmor sees %s',
  async (_what, text, found) => {
    const { counts, said } = await lint(text)
    expect(counts.failed).toBeGreaterThan(0)
    expect(said).toMatch(found)
  },
  600_000,
)

const ifActionlint = hasActionlint ? it : it.skip
ifActionlint.each([
  [
    'an output of a step that does not exist',
    workflow('      - run: echo "${{ steps.none.outputs.x }}"\n'),
    /actionlint:[\s\S]*property "none" is not defined/,
  ],
  [
    'an unquoted variable in a script',
    workflow('      - run: rm -rf $HOME/*.$1\n'),
    /actionlint:[\s\S]*SC2086/,
  ],
  [
    'an unknown key',
    workflow('      - run: echo\n        shel: bash\n'),
    /actionlint:[\s\S]*unexpected key "shel"/,
  ],
])(
  'actionlint sees %s',
  async (_what, text, found) => {
    const { counts, said } = await lint(text)
    expect(counts.failed).toBeGreaterThan(0)
    expect(said).toMatch(found)
  },
  600_000,
)
