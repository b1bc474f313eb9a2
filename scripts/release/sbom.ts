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
  bill.components = unique.map((component) => ({
    ...component,
    scope: 'required',
    properties: component.properties?.filter(({ name }) => name !== 'cdx:npm:package:development'),
  }))
  bill.dependencies = [
    { ref: main['bom-ref'], dependsOn: [...references].sort() },
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

function askNpm(repository: Repository, commit: string): Bill {
  const scratch = mkdtempSync(path.join(tmpdir(), 'release-sbom-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      const content = repository.read(commit, file)
      if (content === undefined)
        throw new Refusal(`Writing the bill of materials: ${file} is not committed; commit it and run again.`)
      writeFileSync(path.join(scratch, file), content)
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
