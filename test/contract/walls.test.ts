/**
 * The walls of the house, checked on the source text itself: who may import what, who may reach the world,
 * and what a plan may not know.
 */
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Linter } from 'eslint'
import fastGlob from 'fast-glob'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import tseslint from 'typescript-eslint'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const sources = fastGlob
  .sync(['actions/**/*.ts', 'local/**/*.ts'], { cwd: root, ignore: ['**/node_modules/**'] })
  .sort()
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*)(['"])([^'"]+)\1/g

/** Every module a source names, relative ones resolved to a path below the root. */
export function importsOf(file: string, text: string): string[] {
  return [...withoutComments(text).matchAll(IMPORT)].map(([, , name = '']) =>
    name.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(file), name)) : name,
  )
}

/** Each rule names what it refuses; an empty answer is a clean file. */
export function violationsOf(file: string, text: string): string[] {
  const found: string[] = []
  const code = withoutComments(text)
  const action = /^actions\/([^_/][^/]*)\//.exec(file)?.[1]
  for (const name of importsOf(file, text)) {
    if (
      name.startsWith('@actions/') &&
      file.startsWith('actions/') &&
      !file.startsWith('actions/_shared/runner/')
    )
      found.push(`imports ${name} outside _shared/runner`)
    if (
      /^(google-auth-library|@google-cloud\/)/.test(name) &&
      file.startsWith('actions/') &&
      !file.startsWith('actions/_shared/google/')
    )
      found.push(`imports ${name} outside _shared/google`)
    if (file.startsWith('actions/') && name.startsWith('local/')) found.push('actions/ imports local/')
    if (file.startsWith('local/') && name.startsWith('actions/')) found.push('local/ imports actions/')
    if (
      action !== undefined &&
      name.startsWith('actions/') &&
      !name.startsWith('actions/_shared/') &&
      !name.startsWith(`actions/${action}/`)
    )
      found.push(`imports another action: ${name}`)
    if (
      /\/src\/plan\.ts$/.test(file) &&
      ((name.startsWith('node:') && name !== 'node:crypto' && name !== 'node:path') ||
        /_shared\/(google|runner)\//.test(name))
    )
      found.push(`a plan reaches ${name}`)
  }
  if (/\/src\/plan\.ts$/.test(file) && /\basync\b|\bDate\.now\(|\bnew Date\(\)|\bprocess\.env\b/.test(code))
    found.push('a plan is async or knows the time or the environment')
  if (
    action !== undefined &&
    !/\/src\/index\.ts$|\/src\/post\.ts$/.test(file) &&
    /\bprocess\.env\b/.test(code)
  )
    found.push('reads process.env outside _shared')
  if (
    file.startsWith('actions/') &&
    /\b(isLocal|is_local|127\.0\.0\.1|localhost)\b/.test(code) &&
    !file.startsWith('actions/_shared/google/')
  )
    found.push('asks whether it is local')
  return found
}

describe('walls', () => {
  it('finds sources to judge', () => {
    expect(sources.length).toBeGreaterThan(40)
  })
  it('are kept by every source file', () => {
    const found = sources.flatMap((file) =>
      violationsOf(file, readFileSync(path.join(root, file), 'utf8')).map((what) => `${file}: ${what}`),
    )
    expect(found).toEqual([])
  })
  it('no source of jobs, models or DAGs asks whether it is local', () => {
    const files = fastGlob.sync(['spark/**/*.py', 'dags/**/*.py', 'dbt/**/*.{sql,yml}'], {
      cwd: root,
      ignore: ['**/target/**'],
    })
    const asking = files.filter((file) =>
      /is_?local\b|emulator|127\.0\.0\.1|localhost/i.test(readFileSync(path.join(root, file), 'utf8')),
    )
    expect(files.length).toBeGreaterThan(10)
    expect(asking).toEqual([])
  })
  it.each([
    [
      'actions/auth/src/apply.ts',
      "import * as core from '@actions/core'",
      'imports @actions/core outside _shared/runner',
    ],
    [
      'actions/auth/src/apply.ts',
      "const { Storage } = await import('@google-cloud/storage')",
      'imports @google-cloud/storage outside _shared/google',
    ],
    [
      'actions/auth/src/observe.ts',
      "import { x } from '../../run-dbt/src/plan.ts'",
      'imports another action: actions/run-dbt/src/plan.ts',
    ],
    ['actions/auth/src/plan.ts', "import { readFileSync } from 'node:fs'", 'a plan reaches node:fs'],
    [
      'actions/auth/src/plan.ts',
      'export const planIt = async () => 1',
      'a plan is async or knows the time or the environment',
    ],
    ['local/cloud/x.ts', "import { x } from '../../actions/_shared/plan.ts'", 'local/ imports actions/'],
    [
      'actions/auth/src/apply.ts',
      "import { x } from '../../../local/cloud/kernel.ts'",
      'actions/ imports local/',
    ],
  ])('refuses a planted fault in %s: %s', (file, text, expected) => {
    expect(violationsOf(file, text)).toContain(expected)
  })
})

describe('the floors of the SQL of the local BigQuery', () => {
  let rules: Linter.Config[]
  beforeAll(async () => {
    const config = path.join(root, 'eslint.config.mjs')
    const { default: all } = (await import(config)) as { default: Linter.Config[] }
    rules = all.filter((each) => each.rules?.['no-restricted-imports'] !== undefined)
  })

  /** What the lint rules about imports say of a file of the house, if it were written like this. */
  function lintImports(file: string, text: string): string[] {
    const parser = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser } } as Linter.Config
    return new Linter({ cwd: root })
      .verify(text, [parser, ...rules], path.join(root, file))
      .map(({ message }) => message)
  }

  const sql = 'local/cloud/bigquery/sql'
  it.each([
    ['parse/lexer.ts', "import { castSql } from '../values/cast.ts'"],
    ['parse/ddl/table-parser.ts', "import type { Value } from '../../values/value.ts'"],
    ['values/cast.ts', "import { findFunction } from '../functions/index.ts'"],
    ['functions/arrays.ts', "import { resolveCall } from '../resolve/call.ts'"],
    ['resolve/call.ts', "export { compile } from '../statements/compile.ts'"],
    ['statements/dml.ts', "import type { Job } from '../../jobs/jobs.ts'"],
    ['functions/arrays.ts', "import { quoteName } from '../../engine/names.ts'"],
    ['functions/arrays.ts', "import { RefusedError } from '../../../../../actions/_shared/errors.ts'"],
  ])('are seen from below only: %s may not say %s', (file, text) => {
    expect(lintImports(`${sql}/${file}`, text)).toHaveLength(1)
  })
  it('stand on those before them', () => {
    const text = "import { Lexer } from '../parse/lexer.ts'; import { castSql } from '../values/cast.ts'"
    expect(lintImports(`${sql}/functions/arrays.ts`, text)).toEqual([])
  })
})
