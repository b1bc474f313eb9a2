/**
 * `node test/contract/check.ts RECORDINGS [--write]`: holds recordings (made with
 * LOCAL_CLOUD_RECORD=RECORDINGS) against Google's discovery documents and exits 1 on a violation. `--write`
 * renews docs/fidelity.md and the evidence it is made from; it refuses to do so from a run with violations. `--add`
 * adds to them the clients that are new in this run.
 * `--render` alone makes the page again from the evidence in the repository, after a route was added.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startCloud, type RunningCloud } from '../../local/cloud/server.ts'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { checkRecordings, type Verdict } from './discovery.ts'
import { findDocuments } from './discovery-documents.ts'
import { evidenceOf, renderFidelity, withClientsOf, type AdapterTests, type Evidence } from './fidelity.ts'

const repoRoot = resolve(import.meta.dirname, '../..')
const evidenceFile = join(import.meta.dirname, 'evidence.json')
export const pageFile = join(repoRoot, 'docs', 'fidelity.md')

export function describeVerdict({ checked, byMethod, revisions, violations }: Verdict): string {
  const against = Object.entries(revisions)
    .map(([name, revision]) => `${name} ${revision}`)
    .join(', ')
  const lines = violations.map(
    ({ method, client, where, what, count, request }) =>
      `  ${method}: ${where} ${what} (${count}×, ${client}; ${request})`,
  )
  return [
    `${checked} exchanges of ${Object.keys(byMethod).length} methods checked against ${against}: ${violations.length} violations`,
    ...lines,
  ].join('\n')
}

/** The page as the committed evidence and the routes of today make it. */
export async function renderPage(evidence: Evidence): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), 'fidelity-'))
  const cloud = await startCloud({ stateDir, repoRoot, log: () => undefined })
  try {
    return renderFidelity(evidence, cloud.methods, await refusedMethods(cloud), readAdapterTests())
  } finally {
    await cloud.close()
    rmSync(stateDir, { recursive: true, force: true })
  }
}

/**
 * Asks each route, with names that do not exist, whether it is only there to refuse: 501, or Google's 400 for
 * access control lists.
 */
async function refusedMethods(cloud: RunningCloud): Promise<Set<string>> {
  const authorization = `Bearer ${cloud.identity.mintAccessToken(cloud.environment.serviceAccounts['data-eng']!)}`
  const refused = new Set<string>()
  const served = new Set<string>()
  for (const { id, method, path } of cloud.methods) {
    if (id.startsWith('local.')) continue
    const hasBody = method !== 'GET' && method !== 'DELETE'
    const answer = await fetch(cloud.origin + path.replace(/\{\+?\w+\}/g, 'probe'), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: hasBody ? '{}' : undefined,
    })
    const text = await answer.text()
    const isRefused = answer.status === 501 || (answer.status === 400 && text.includes('legacy ACL'))
    ;(isRefused ? refused : served).add(id)
  }
  return new Set([...refused].filter((id) => !served.has(id)))
}

function readAdapterTests(): AdapterTests {
  return JSON.parse(readFileSync(join(repoRoot, 'test/dbt-adapter/known.json'), 'utf8')) as AdapterTests
}

export function readEvidence(): Evidence {
  return JSON.parse(readFileSync(evidenceFile, 'utf8')) as Evidence
}

async function main(words: readonly string[]): Promise<number> {
  const [recordings] = words.filter((word) => !word.startsWith('--'))
  if (words.includes('--render')) {
    writeFileSync(pageFile, await renderPage(readEvidence()))
    return 0
  }
  if (!recordings || !existsSync(recordings)) {
    process.stderr.write('usage: node test/contract/check.ts RECORDINGS [--write | --add] | --render\n')
    return 1
  }
  const { python } = await ensureChecks((line) => process.stderr.write(`${line}\n`))
  const verdict = checkRecordings(recordings, findDocuments(python))
  process.stdout.write(`${describeVerdict(verdict)}\n`)
  if (verdict.violations.length > 0) return 1
  if (words.includes('--write') || words.includes('--add')) {
    const evidence = words.includes('--add') ? withClientsOf(verdict, readEvidence()) : evidenceOf(verdict)
    writeFileSync(evidenceFile, `${JSON.stringify(evidence, null, 2)}\n`)
    writeFileSync(pageFile, await renderPage(evidence))
    process.stdout.write(`wrote ${pageFile}\n`)
  }
  return 0
}

if (process.argv[1] === import.meta.filename) process.exitCode = await main(process.argv.slice(2))
