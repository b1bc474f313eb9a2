/**
 * Makes a folder from which terraform installs a schema check in the google provider's place; it says so in
 * its name and can neither apply nor read.
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPython } from './find-python.mjs'
import { installOnce } from './installed-once.ts'
import { lockPath, readLock } from './locks.ts'
import { readResourceSchema, type Block } from './provider-schema.ts'
import { runTool, type Progress } from './run-tool.ts'
import { cleanEnvironment, ensureUv } from './uv.ts'

/** The provider whose schema the locked package carries. */
export const SCHEMA_VERSION = '8.7.0'
const BINDING = 'cdktn_provider_google'
const goArchitecture: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface SchemaProvider {
  /** For `provider_installation { filesystem_mirror { path = … } }`. */
  readonly mirror: string
}

/**
 * `source` is the Go module; `resources` are the resource types that the configuration uses. Needs `go` on
 * PATH.
 */
export async function ensureSchemaProvider(
  source: string,
  resources: readonly string[],
  progress: Progress,
): Promise<SchemaProvider> {
  const sources = (await readdir(source)).filter((name) => /^go\.(mod|sum)$|\.go$/.test(name)).sort()
  const code = await Promise.all(sources.map((name) => readFile(join(source, name))))
  const { program } = await installOnce({
    name: 'schema-provider',
    content: code,
    progress,
    install: (directory) => buildProgram(source, directory, progress),
    isUsable: (built: { program: string }) => existsSync(built.program),
  })
  const types = [...new Set(resources)].sort()
  const reader = await readFile(new URL('./provider-schema.ts', import.meta.url))
  return await installOnce({
    name: 'google-schema-check',
    content: [await readLock('terraform'), reader, types.join('\n'), ...code],
    progress,
    install: (directory) => fillMirror(directory, program, types, progress),
    isUsable: ({ mirror }: SchemaProvider) => existsSync(mirror),
  })
}

async function buildProgram(
  source: string,
  directory: string,
  progress: Progress,
): Promise<{ program: string }> {
  progress('schema-provider: building with Go …')
  const program = join(directory, 'schema-provider')
  // The toolchain of the machine or none: Go would otherwise fetch another one of itself.
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' }
  await runTool('go', ['build', '-trimpath', '-o', program, '.'], {
    doing: 'Building the schema provider',
    progress,
    cwd: source,
    env,
  })
  return { program }
}

async function fillMirror(
  directory: string,
  program: string,
  resources: readonly string[],
  progress: Progress,
): Promise<SchemaProvider> {
  const mirror = join(directory, 'mirror')
  const place = join(
    mirror,
    'registry.terraform.io/hashicorp/google',
    SCHEMA_VERSION,
    `${process.platform}_${goArchitecture[process.arch] ?? process.arch}`,
  )
  await mkdir(place, { recursive: true })
  const lib = await unpackBinding(directory, resources, progress)
  const schemas: Record<string, Block> = {}
  for (const resource of resources) schemas[resource] = await readResourceSchema(lib, resource)
  await writeFile(
    join(place, 'schema.json'),
    JSON.stringify({ provider: await readResourceSchema(lib, 'provider'), resource_schemas: schemas }),
  )
  await copyFile(program, join(place, `terraform-provider-google_v${SCHEMA_VERSION}`))
  await rm(join(directory, 'package'), { recursive: true })
  return { mirror }
}

/** The binding's lib folder, of which only what is asked for is unpacked: the whole has 380 MB. */
async function unpackBinding(
  directory: string,
  resources: readonly string[],
  progress: Progress,
): Promise<string> {
  progress(`google-schema-check: fetching the schemas of google ${SCHEMA_VERSION} …`)
  const target = join(directory, 'package')
  const run = {
    doing: "Fetching the google provider's schemas",
    progress,
    cwd: directory,
    env: cleanEnvironment(),
  }
  const { python } = findPython(10)
  if (!python) throw new Error('Python 3.10 or newer is needed and none was found.')
  await runTool(
    await ensureUv(progress),
    [
      'pip',
      'install',
      '--python',
      python.path,
      '--target',
      target,
      '--no-deps',
      '--only-binary',
      ':all:',
      '--require-hashes',
      '-r',
      lockPath('terraform'),
    ],
    run,
  )
  const archives = join(target, BINDING, '_jsii')
  const archive = (await readdir(archives)).find((name) => name.endsWith('.jsii.tgz'))
  if (!archive)
    throw new Error(`Fetching the google provider's schemas failed: the package holds no archive.`)
  const members = [
    'provider',
    ...resources.map((name) => name.replace(/^google_/, '').replaceAll('_', '-')),
  ].map((name) => `package/lib/${name}/index.js`)
  await runTool('tar', ['-xzf', join(archives, archive), '-C', target, ...members], run)
  const lib = join(target, 'package', 'lib')
  const said = await readFile(join(lib, 'provider', 'index.js'), 'utf8')
  if (!said.includes(`/providers/hashicorp/google/${SCHEMA_VERSION}/`))
    throw new Error(`Fetching the google provider's schemas failed: they are not those of ${SCHEMA_VERSION}.`)
  return lib
}
