import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Linter } from 'eslint'
import tseslint from 'typescript-eslint'
import { noCycle } from '../../scripts/lint/no-cycle.mjs'

const root = resolve(import.meta.dirname, '../..')
const linter = new Linter({ cwd: root })

/** What the rule says of a file of the house, if it were written like this. */
const lint = (file: string, text: string): string[] =>
  linter
    .verify(
      text,
      {
        files: ['**/*.ts'],
        languageOptions: { parser: tseslint.parser },
        plugins: { house: { rules: { 'no-cycle': noCycle } } },
        rules: { 'house/no-cycle': 'error' },
      },
      join(root, file),
    )
    .map(({ message }) => message)

describe('the rule against circles of imports', () => {
  const circle = 'This import closes a circle: local/usage-error.ts → local/up.ts → local/usage-error.ts'
  it.each([
    ['a value', "import { up } from './up.ts'"],
    ['a type', "import type { up } from './up.ts'"],
    ['only types among names', "import { type up } from './up.ts'"],
    ['a re-export', "export * from './up.ts'"],
    ['a load on use', "const load = () => import('./up.ts')"],
    ['a type in place', "export type Up = typeof import('./up.ts').up"],
  ])('sees one that is closed by %s', (_, text) => {
    expect(lint('local/usage-error.ts', text)).toEqual([circle])
  })

  it('lets the same file import what does not come back', () => {
    expect(lint('local/usage-error.ts', "import type { Value } from './runner/expressions.ts'")).toEqual([])
  })
})
