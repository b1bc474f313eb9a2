/**
 * Whose files a workflow sees, by the command line alone: a file of somebody's repository runs on that
 * repository, and this product's actions stay in reach.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { repositoryName } from '../../../scripts/repository-name.ts'
import { repoRoot } from '../../support/cloud.ts'

const minutes = 60_000
let scratch: string
let shop: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'own repository '))
  shop = join(scratch, 'shop')
  write('shop/.github/workflows/w.yml', workflow)
  write('shop/views/mine.sql', 'SELECT 42')
  execFileSync('git', ['init', '-q', shop])
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const workflow = `on: workflow_dispatch
permissions: { contents: read, id-token: write }
jobs:
  look:
    runs-on: ubuntu-24.04
    outputs: { repository: '\${{ github.repository }}', view: '\${{ steps.cat.outputs.view }}' }
    steps:
      - uses: actions/checkout@v5
      - id: cat
        run: echo "view=$(cat views/mine.sql) of $GITHUB_REPOSITORY" >> "$GITHUB_OUTPUT"
`

function write(file: string, text: string): void {
  mkdirSync(dirname(join(scratch, file)), { recursive: true })
  writeFileSync(join(scratch, file), text)
}

interface Ran {
  readonly code: number
  readonly shown: string
  readonly result?: {
    readonly conclusion: string
    readonly jobs: readonly {
      readonly outputs: Readonly<Record<string, string>>
      readonly summary?: string
    }[]
  }
}

/** As a person calls it; the state is away from this checkout's. */
const local = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(repoRoot, 'local/cli.ts'), ...args, '--state', join(scratch, 'state')],
      { cwd: scratch, maxBuffer: 64 * 2 ** 20 },
      (error, stdout, shown) => {
        const last = stdout.trim().split('\n').at(-1)
        resolve({
          code: error ? Number(error.code) : 0,
          shown,
          ...(last?.startsWith('{') ? { result: JSON.parse(last) as Ran['result'] } : {}),
        })
      },
    )
  })

const workflowFile = (): string => join(shop, '.github/workflows/w.yml')
const outputs = ({ result }: Ran): unknown => result?.jobs[0]?.outputs

describe('local run FILE', () => {
  it(
    'runs a file of another repository on the files of that repository, under a made-up name',
    async () => {
      const ran = await local('run', workflowFile())
      expect([ran.code, outputs(ran)]).toEqual([
        0,
        { repository: 'local/shop', view: 'SELECT 42 of local/shop' },
      ])
      expect(ran.shown).toContain(`belongs to local/shop (${shop})`)
    },
    2 * minutes,
  )

  it.each([
    ['https://github.com/octo/shop.git', 'octo/shop'],
    ['git@github.com:octo/shop.git', 'octo/shop'],
    ['ssh://git@github.example.com:2222/octo/shop', 'octo/shop'],
    ['/srv/git/octo/shop.git', 'local/shop'],
    ['https://git.example.com/a/b/c', 'local/shop'],
  ])(
    'calls a repository with the remote %s %s',
    async (remote, name) => {
      execFileSync('git', ['-C', shop, 'remote', 'add', 'origin', remote])
      try {
        expect(outputs(await local('run', workflowFile()))).toMatchObject({ repository: name })
      } finally {
        execFileSync('git', ['-C', shop, 'remote', 'remove', 'origin'])
      }
    },
    2 * minutes,
  )

  it(
    'gives it the name of --repository',
    async () => {
      const ran = await local('run', workflowFile(), '--repository', `acme/web=${shop}`)
      expect(outputs(ran)).toMatchObject({ repository: 'acme/web' })
    },
    2 * minutes,
  )

  it('refuses a file that lies in no repository', async () => {
    write('loose/w.yml', workflow)
    const ran = await local('run', join(scratch, 'loose/w.yml'))
    expect([ran.code, ran.result]).toEqual([1, undefined])
    expect(ran.shown).toContain('loose/w.yml lies in no git repository, so no checkout could bring its files')
  })

  it('refuses a file that is not there', async () => {
    const ran = await local('run', join(shop, 'none.yml'))
    expect([ran.code, ran.shown]).toEqual([1, `there is no workflow file ${join(shop, 'none.yml')}\n`])
  })

  it(
    "signs in with this product's actions, by either of its names, and publishes the views of the file's own repository",
    async () => {
      write('shop/views/caec_insights/mine.sql', 'SELECT 42 AS answer')
      rmSync(join(shop, 'views/mine.sql'))
      write(
        'shop/.github/workflows/views.yml',
        `on: workflow_dispatch
permissions: { contents: read, id-token: write }
jobs:
  views:
    runs-on: ubuntu-24.04
    environment: dev
    steps:
      - uses: actions/checkout@v5
      - uses: example/clickstream-platform/actions/auth@v1
        with:
          workload-identity-provider: \${{ vars.WORKLOAD_IDENTITY_PROVIDER }}
          service-account: \${{ vars.DEPLOY_SERVICE_ACCOUNT }}
          project-id: \${{ vars.PROJECT_ID }}
      - uses: ${repositoryName(repoRoot)}/actions/publish-views@v1
        with: { source: views, location: '\${{ vars.REGION }}', dry-run: true, authorize: false }
`,
      )
      const ran = await local('run', join(shop, '.github/workflows/views.yml'))
      expect(ran.result?.conclusion).toBe('success')
      const summary = readFileSync(ran.result!.jobs[0]!.summary!, 'utf8')
      expect(summary).toContain('mine')
      expect(summary).not.toContain('kpi_')
    },
    2 * minutes,
  )
})
