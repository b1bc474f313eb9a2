/**
 * Writes the bill of materials (CycloneDX) of what the bundles contain, from npm's own reading of the lock
 * file; it refuses a bundled package that the lock file does not hold.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Repository } from './git.ts'
import type { Bundled } from './licences.ts'
import { Refusal } from './refusal.ts'

interface Component {
  'bom-ref': string
  name: string
  version: string
  scope?: string
  properties?: { name: string; value: string }[]
}
interface Bill {
  serialNumber: string
  metadata: { timestamp: string; component: Component }
  components: Component[]
  dependencies: { ref: string; dependsOn?: string[] }[]
}

export function makeBillOfMaterials(
  repository: Repository,
  commit: string,
  bundled: readonly Bundled[],
): string {
  const bill = askNpm(repository, commit)
  const wanted = new Map(bundled.map(({ name, version }) => [`${name}@${version}`, name]))
  const components = bill.components.filter(({ name, version }) => wanted.has(`${name}@${version}`))
  const known = new Set(components.map(({ name, version }) => `${name}@${version}`))
  const missing = [...wanted.keys()].filter((one) => !known.has(one))
  if (missing.length > 0)
    throw new Refusal(
      `Writing the bill of materials: the bundles contain ${missing.join(', ')}, which package-lock.json does not hold; run npm run bundle and commit the result.`,
    )
  // One package can lie in several folders of node_modules; what is shipped is the package.
  const unique = [
    ...new Map(components.map((component) => [`${component.name}@${component.version}`, component])).values(),
  ]
  const references = new Set(unique.map((component) => component['bom-ref']))
  const main = bill.metadata.component
  main.name = 'clickstream-actions'
  const direct = directOf(repository, commit)
  const chosen = unique.filter(({ name }) => direct.has(name)).map((component) => component['bom-ref'])
  const brought = broughtBy(chosen, bill)
  // What a package uses when it happens to be there (an optional peer) is bundled, but nothing asks for it.
  const found = [...references].filter((one) => !brought.has(one))
  bill.components = unique.map((component) => ({
    ...component,
    scope: brought.has(component['bom-ref']) ? 'required' : 'optional',
    properties: component.properties?.filter(({ name }) => name !== 'cdx:npm:package:development'),
  }))
  bill.dependencies = [
    { ref: main['bom-ref'], dependsOn: [...chosen, ...found].sort() },
    ...bill.dependencies
      .filter(({ ref }) => references.has(ref))
      .map(({ ref, dependsOn }) => ({
        ref,
        dependsOn: (dependsOn ?? []).filter((one) => references.has(one)),
      })),
  ]
  // npm writes a random number and the time; the same release must give the same bill.
  bill.metadata.timestamp = new Date(
    Number(repository.ask('show', '-s', '--format=%ct', commit)) * 1000,
  ).toISOString()
  const hex = createHash('sha256').update(commit).digest('hex')
  bill.serialNumber = `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  return `${JSON.stringify(bill, null, 2)}\n`
}

/** The names under `dependencies`: what the bundles are made of. */
function directOf(repository: Repository, commit: string): Set<string> {
  const text = repository.read(commit, 'package.json')?.toString() ?? '{}'
  return new Set(Object.keys((JSON.parse(text) as { dependencies?: object }).dependencies ?? {}))
}

function broughtBy(chosen: readonly string[], bill: Bill): Set<string> {
  const next = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]))
  const brought = new Set(chosen)
  for (const one of brought) for (const other of next.get(one) ?? []) brought.add(other)
  return brought
}

/** Without the workspaces: their folders are not here, and no bundle is made from them. */
function rootAlone(content: Buffer): string {
  const value = JSON.parse(content.toString()) as {
    workspaces?: unknown
    packages?: Record<string, { workspaces?: unknown; link?: boolean }>
  }
  delete value.workspaces
  for (const [folder, entry] of Object.entries(value.packages ?? {})) {
    delete entry.workspaces
    if (entry.link === true || (folder !== '' && !folder.includes('node_modules/')))
      delete value.packages![folder]
  }
  return JSON.stringify(value)
}

function askNpm(repository: Repository, commit: string): Bill {
  const scratch = mkdtempSync(path.join(tmpdir(), 'release-sbom-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      const content = repository.read(commit, file)
      if (content === undefined)
        throw new Refusal(`Writing the bill of materials: ${file} is not committed; commit it and run again.`)
      writeFileSync(path.join(scratch, file), rootAlone(content))
    }
    return JSON.parse(
      execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
        cwd: scratch,
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 1 << 28,
      }).toString(),
    ) as Bill
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { stderr, message } = error as { stderr?: Buffer; message: string }
    throw new Refusal(
      `Writing the bill of materials: npm sbom failed (${stderr?.toString().trim().split('\n')[0] || message}); npm 10 or newer is needed, and a package-lock.json that fits package.json.`,
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
