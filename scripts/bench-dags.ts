/**
 * Times deploy-dags beside `gcloud storage rsync` (where it is installed) and a plain script that compares and
 * uploads, all against one local cloud. It asserts nothing.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startCloud, type RunningCloud } from '../local/cloud/server.ts'
import type { Measured } from './measured.ts'

interface Way {
  readonly name: string
  /** A bucket folder of its own would need another environment; each way begins with an empty one. */
  run(): Promise<{ seconds: number; peakMiB?: number }>
}

const BUCKET = 'caec-local-dags'
const LARGE = 10_000

export async function dags(root: string, say: (line: string) => void): Promise<Measured[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-dags-'))
  const cloud = await startCloud({
    repoRoot: root,
    port: 0,
    stateDir: path.join(scratch, 'state'),
    services: ['storage', 'composer'],
    log: () => undefined,
  })
  try {
    const ways = [ours(root, scratch, cloud), plain(scratch, cloud), ...(await gcloud(scratch, cloud, say))]
    const found = new Map<string, number[]>()
    for (const way of ways) {
      await empty(cloud)
      writeDags(scratch, 300, 1)
      const times = [(await way.run()).seconds, (await way.run()).seconds]
      for (let file = 0; file < 5; file += 1) writeDag(scratch, file, 2)
      times.push((await way.run()).seconds)
      found.set(way.name, times)
    }
    const [mine = [], ...others] = ways.map(({ name }) => found.get(name) ?? [])
    const phases = ['first deployment of 300 files', 'the same again', 'five of them changed']
    const rows = phases.flatMap((what, phase) =>
      others.map((times, other) => ({
        what: `deploy-dags, ${what}`,
        seconds: mine[phase] ?? NaN,
        against: ways[other + 1]?.name ?? '',
        reference: times[phase] ?? NaN,
      })),
    )
    await empty(cloud)
    writeDags(scratch, LARGE, 1)
    const [large] = ways
    for (const [what, aim] of [
      ['first deployment', 40],
      ['the same again', 40],
    ] as const) {
      const { seconds, peakMiB } = (await large?.run()) ?? { seconds: NaN }
      say(`  ${LARGE} files, ${what}: at most ${peakMiB} MiB (aim: 300)`)
      rows.push({ what: `deploy-dags, ${what} of ${LARGE} files`, seconds, against: 'aim', reference: aim })
    }
    return rows
  } finally {
    await cloud.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

const folderOf = (scratch: string): string => path.join(scratch, 'dags')
function writeDag(scratch: string, file: number, version: number): void {
  const text = `from airflow.sdk import DAG\nwith DAG('dag_${file}'):\n    pass\n# ${version}\n${'# words\n'.repeat(200)}`
  writeFileSync(path.join(folderOf(scratch), `d${file % 20}`, `dag_${file}.py`), text)
}
function writeDags(scratch: string, files: number, version: number): void {
  rmSync(folderOf(scratch), { recursive: true, force: true })
  for (let folder = 0; folder < 20; folder += 1)
    mkdirSync(path.join(folderOf(scratch), `d${folder}`), { recursive: true })
  for (let file = 0; file < files; file += 1) writeDag(scratch, file, version)
}

const tokenOf = (cloud: RunningCloud): string =>
  cloud.identity.mintAccessToken(cloud.environment.serviceAccounts['data-eng'] ?? '')
async function empty(cloud: RunningCloud): Promise<void> {
  const headers = { authorization: `Bearer ${tokenOf(cloud)}` }
  for (;;) {
    const reply = await fetch(`${cloud.origin}/storage/v1/b/${BUCKET}/o`, { headers })
    const { items = [] } = (await reply.json()) as { items?: { name: string }[] }
    if (items.length === 0) return
    for (const { name } of items)
      await fetch(`${cloud.origin}/storage/v1/b/${BUCKET}/o/${encodeURIComponent(name)}`, {
        method: 'DELETE',
        headers,
      })
  }
}

async function time(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<number> {
  const started = performance.now()
  const child = spawn(program, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ''} ended with ${code}: ${output.slice(-2000)}`)
  return (performance.now() - started) / 1000
}

function ours(root: string, scratch: string, cloud: RunningCloud): Way {
  const peak = path.join(scratch, 'peak')
  const noting = path.join(scratch, 'noting.cjs')
  writeFileSync(
    noting,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)))\n`,
  )
  const apis = ['STS', 'IAMCREDENTIALS', 'STORAGE', 'COMPOSER']
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: scratch,
    GITHUB_WORKSPACE: scratch,
    GITHUB_REPOSITORY: 'octo/clicks',
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SHA: '1'.repeat(40),
    RUNNER_TEMP: scratch,
    GOOGLE_APPLICATION_CREDENTIALS: cloud.identity.credentialFiles()['ci-deploy'] ?? '',
    GOOGLE_CLOUD_PROJECT: cloud.environment.project,
    GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false',
    ...Object.fromEntries(apis.map((api) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`, `${cloud.origin}/`])),
    INPUT_ENVIRONMENT: 'caec',
    INPUT_LOCATION: 'us-central1',
    'INPUT_CHECK-IMPORTS': 'false',
  }
  return {
    name: 'deploy-dags',
    run: async () => {
      const bundle = path.join(root, 'dist/deploy-dags/index.js')
      const seconds = await time(process.execPath, ['--require', noting, bundle], env, scratch)
      return { seconds, peakMiB: Math.round(Number(readFileSync(peak, 'utf8')) / 1024) }
    },
  }
}

/** What a team writes first: list, compare by MD5, upload sixteen at a time; nobody's owner, no record, no retry. */
const SCRIPT = `
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
const [folder, origin, bucket] = process.argv.slice(2)
const headers = { authorization: 'Bearer ' + process.env.TOKEN }
const there = new Map()
for (let token = ''; ; ) {
  const page = await (await fetch(origin + '/storage/v1/b/' + bucket + '/o?prefix=dags/&pageToken=' + token, { headers })).json()
  for (const { name, md5Hash } of page.items ?? []) there.set(name, md5Hash)
  if (!page.nextPageToken) break
  token = encodeURIComponent(page.nextPageToken)
}
const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).map((one) => one.parentPath + '/' + one.name)
const next = names.values()
await Promise.all(Array.from({ length: 16 }, async () => {
  for (const file of next) {
    const body = await readFile(file)
    const name = 'dags' + file.slice(folder.length)
    if (there.get(name) === createHash('md5').update(body).digest('base64')) continue
    const reply = await fetch(origin + '/upload/storage/v1/b/' + bucket + '/o?uploadType=media&name=' + encodeURIComponent(name), { method: 'POST', headers, body })
    if (!reply.ok) throw new Error(await reply.text())
    await reply.text()
  }
}))
`
function plain(scratch: string, cloud: RunningCloud): Way {
  const script = path.join(scratch, 'plain.mjs')
  writeFileSync(script, SCRIPT)
  const args = [script, folderOf(scratch), cloud.origin, BUCKET]
  return {
    name: 'a plain script of fetch',
    run: async () => ({
      seconds: await time(
        process.execPath,
        args,
        { PATH: process.env.PATH ?? '', TOKEN: tokenOf(cloud) },
        scratch,
      ),
    }),
  }
}

async function gcloud(scratch: string, cloud: RunningCloud, say: (line: string) => void): Promise<Way[]> {
  const token = path.join(scratch, 'token')
  writeFileSync(token, tokenOf(cloud))
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: scratch,
    CLOUDSDK_CONFIG: path.join(scratch, 'gcloud'),
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
    CLOUDSDK_CORE_PROJECT: cloud.environment.project,
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${cloud.origin}/storage/v1/`,
  }
  try {
    await time('gcloud', ['--version'], env, scratch)
  } catch {
    say('  gcloud is not installed here: no comparison with gcloud storage rsync')
    return []
  }
  const args = ['storage', 'rsync', '--recursive', '--delete-unmatched-destination-objects']
  return [
    {
      name: 'gcloud storage rsync',
      run: async () => ({
        seconds: await time('gcloud', [...args, folderOf(scratch), `gs://${BUCKET}/dags`], env, scratch),
      }),
    },
  ]
}
