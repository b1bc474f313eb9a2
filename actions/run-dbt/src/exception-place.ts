/** Finds the file and line that an error of parsing or compiling is about, in dbt's own words; else nothing. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { lineWith } from './places.ts'

const FILE = /[\w./ -]*?[\w-]+\.(?:sql|ya?ml|md|csv|py)/.source
const PLACES = [
  new RegExp(`\\((${FILE})\\)`),
  new RegExp(`Error reading [^:\\n]+: (${FILE})`),
  new RegExp(`render (${FILE}) from`),
  new RegExp(`((?:models|macros|seeds|snapshots|tests|data-tests|analyses)/${FILE})`),
  /((?:dbt_project|packages|dependencies)\.yml)/,
]
/** Whose file it is: the first package that dbt names is the one that holds it. */
const PACKAGE =
  /Error reading (\w+):|'(?:model|test|unit_test|seed|snapshot|analysis|source|exposure)\.(\w+)\./
/** What an error names is where its line is: `'x' is undefined`, `node named 'x'`, `not provided: 'x'`. */
const NAMES = [
  /(?:node|macro|source|test) named '(?:[\w.]+\.)?(\w+)'/,
  /not provided: '(\w+)'/,
  /'(\w+)' is undefined/,
  /['"]?(?:test_)?(\w+)['"]? (?:is undefined|which was not found)/,
]

export async function placeOfText(
  text: string,
  projectDir: string,
  projectName: string | undefined,
): Promise<{ readonly file: string; readonly line?: number } | undefined> {
  const [, read, holds] = PACKAGE.exec(text) ?? []
  const named = read ?? holds
  if (named !== undefined && projectName !== undefined && named !== projectName) return undefined
  for (const pattern of PLACES) {
    const file = pattern.exec(text)?.[1]?.trim()
    if (file === undefined) continue
    const found = await locate(projectDir, file)
    if (found !== undefined) return { file: found.name, line: lineOfText(text, found.content) }
  }
  const variable = /Env var required but not provided: '(\w+)'/.exec(text)?.[1]
  return variable === undefined ? undefined : findVariable(projectDir, variable)
}

/** Of a variable that is not set dbt names no file; the ones that ask for it are few. */
async function findVariable(
  projectDir: string,
  variable: string,
): Promise<{ readonly file: string; readonly line?: number } | undefined> {
  const names = await readdir(projectDir, { recursive: true }).catch(() => [])
  const asks = new RegExp(`env_var\\(\\s*['"]${variable}['"]`)
  for (const name of names.filter((file) => /\.(sql|ya?ml|py)$/.test(file)).sort()) {
    if (/(^|[\\/])(target|dbt_packages|node_modules)[\\/]/.test(name)) continue
    const lines = (await readFile(path.join(projectDir, name), 'utf8').catch(() => '')).split('\n')
    const index = lines.findIndex((line) => asks.test(line))
    if (index >= 0) return { file: name, line: index + 1 }
  }
  return undefined
}

function lineOfText(text: string, content: string): number | undefined {
  const named = NAMES.map((pattern) => pattern.exec(text)?.[1]).find((name) => name !== undefined)
  const byName = named === undefined ? undefined : lineWith(content, named)
  if (byName !== undefined) return byName
  const given = /(?:^|\s)line (\d+)/m.exec(text)?.[1]
  const line = given === undefined ? undefined : Number(given)
  return line !== undefined && line <= content.split('\n').length ? line : undefined
}

/** dbt names a file by its path, or (of broken YAML) by its path below a folder of models. */
async function locate(
  projectDir: string,
  name: string,
): Promise<{ readonly name: string; readonly content: string } | undefined> {
  for (const folder of ['', 'models', 'seeds', 'snapshots', 'macros', 'tests', 'data-tests', 'analyses']) {
    const candidate = path.posix.join(folder, name)
    const file = path.resolve(projectDir, candidate)
    if (path.relative(projectDir, file).startsWith('..')) return undefined
    const content = await readFile(file, 'utf8').catch(() => undefined)
    if (content !== undefined) return { name: candidate, content }
  }
  return undefined
}
