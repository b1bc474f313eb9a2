/**
 * The package that `npm run pack` makes, in an empty folder: the command of anybody's repository, with names of its own.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { repoRoot } from '../../support/cloud.ts'
import { installPacked, npmInstallPacked, type Ran } from '../../support/packed-local.ts'

const minutes = 60_000
let shop: string
let command: (cwd: string, ...args: string[]) => Promise<Ran>
const local = (...args: string[]): Promise<Ran> => command(shop, ...args)

beforeAll(() => {
  shop = mkdtempSync(join(tmpdir(), 'packed shop '))
  command = installPacked(shop)
  write('.gitignore', 'node_modules/\ntarball/\n')
  write('views/caec_insights/mine.sql', 'SELECT 42 AS answer')
  write('.github/workflows/deploy.yml', deploy)
  execFileSync('git', ['init', '-q', shop])
  execFileSync('git', ['-C', shop, 'remote', 'add', 'origin', 'https://github.com/octo/shop.git'])
}, 20 * minutes)
afterAll(() => {
  rmSync(shop, { recursive: true, force: true })
})

function write(file: string, text: string): void {
  mkdirSync(dirname(join(shop, file)), { recursive: true })
  writeFileSync(join(shop, file), text)
}

const deploy = `on: workflow_dispatch
permissions: { contents: read, id-token: write }
jobs:
  views:
    runs-on: ubuntu-24.04
    environment: \${{ vars.WHERE }}
    outputs: { project: '\${{ vars.PROJECT_ID }}', repository: '\${{ github.repository }}', id: '\${{ github.repository_id }}' }
    steps:
      - uses: actions/checkout@v5
      - uses: example/clickstream-platform/actions/auth@v1
        with:
          workload-identity-provider: \${{ vars.WORKLOAD_IDENTITY_PROVIDER }}
          service-account: \${{ vars.DEPLOY_SERVICE_ACCOUNT }}
          project-id: \${{ vars.PROJECT_ID }}
      - uses: example/clickstream-platform/actions/publish-views@v1
        with: { source: views, location: '\${{ vars.REGION }}', authorize: false }
`

const resultOf = ({ stdout }: Ran): { conclusion: string; jobs: { outputs: unknown; summary: string }[] } =>
  JSON.parse(stdout.trim().split('\n').at(-1)!)

it(
  "runs the repository's own workflow with the actions of the package, and hides its state from git",
  async () => {
    const ran = await local('run', '.github/workflows/deploy.yml', '--var', 'WHERE=dev')
    expect([ran.code, ran.shown]).toEqual([0, expect.not.stringContaining('ExperimentalWarning')])
    const [job] = resultOf(ran).jobs
    expect(job!.outputs).toEqual({ project: 'caec-local', repository: 'octo/shop', id: '200000000001' })
    expect(readFileSync(job!.summary, 'utf8')).toContain('mine')
    expect(execFileSync('git', ['-C', shop, 'status', '--short'], { encoding: 'utf8' })).not.toContain(
      '.local',
    )
  },
  20 * minutes,
)

it(
  'takes names and rights of its own, for run, up and doctor alike',
  async () => {
    const from = join(repoRoot, 'terraform-infra')
    const environment = readFileSync(join(from, 'environments/dev/environment.yaml'), 'utf8')
      .replaceAll('caec-local', 'shop-prod')
      .replace('example/clickstream-platform', 'octo/shop')
      .replace('200000000001', '700000000001')
      .replace('environment: dev', 'environment: production')
    write('cloud/environment.yaml', environment)
    write('cloud/access.yaml', readFileSync(join(from, 'access.yaml'), 'utf8'))
    const own = ['--environment', 'cloud/environment.yaml', '--access', 'cloud/access.yaml']
    const state = ['--state', '.local/own']
    const checked = await local('doctor', ...own, ...state)
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('project shop-prod')])
    const ran = await local(
      'run',
      '.github/workflows/deploy.yml',
      '--var',
      'WHERE=production',
      ...own,
      ...state,
    )
    expect([ran.code, ran.shown]).toEqual([0, expect.not.stringContaining('the local cloud trusts it as')])
    expect(resultOf(ran).jobs[0]!.outputs).toEqual({
      project: 'shop-prod',
      repository: 'octo/shop',
      id: '700000000001',
    })
    expect(existsSync(join(shop, '.local/own/runs'))).toBe(true)
    const cloud = spawn(join(shop, 'node_modules/.bin/clickstream-local'), ['up', ...own, ...state], {
      cwd: shop,
      env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(cloud.stdout, 'data')) as [Buffer]
    expect(JSON.parse(line.toString())).toMatchObject({
      project: 'shop-prod',
      state: expect.stringMatching(/\/\.local\/own$/),
    })
    cloud.kill('SIGTERM')
    await once(cloud, 'exit')
    const wrong = await local('run', '.github/workflows/deploy.yml', '--environment', 'none.yaml')
    expect([wrong.code, wrong.shown]).toEqual([
      1,
      expect.stringContaining('--environment none.yaml: there is no such file'),
    ])
  },
  20 * minutes,
)

const hasRegistry =
  spawnSync('npm', ['view', 'yaml', 'version', '--fetch-retries=0'], { stdio: 'ignore' }).status === 0
const ifReached = hasRegistry ? it : it.skip
ifReached(
  'is what npm install makes of the tarball, and runs the same workflow',
  async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'npm installed '))
    try {
      npmInstallPacked(fresh)
      mkdirSync(join(fresh, '.github/workflows'), { recursive: true })
      writeFileSync(join(fresh, '.github/workflows/deploy.yml'), deploy)
      mkdirSync(join(fresh, 'views/caec_insights'), { recursive: true })
      writeFileSync(join(fresh, 'views/caec_insights/mine.sql'), 'SELECT 42 AS answer')
      writeFileSync(join(fresh, '.gitignore'), 'node_modules/\ntarball/\n')
      execFileSync('git', ['init', '-q', fresh])
      const said = execFileSync(
        'npx',
        ['--no-install', 'clickstream-local', 'run', '.github/workflows/deploy.yml', '--var', 'WHERE=dev'],
        { cwd: fresh, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
      )
      expect(JSON.parse(said.trim().split('\n').at(-1)!)).toMatchObject({ conclusion: 'success' })
    } finally {
      rmSync(fresh, { recursive: true, force: true })
    }
  },
  20 * minutes,
)

it('says what it is called, and has no demo', async () => {
  const { code, shown } = await local('help')
  expect([code, shown]).toEqual([0, expect.not.stringContaining('demo')])
  expect((await local('run', '--help')).shown).toContain('npx clickstream-local run FILE [options]')
})
