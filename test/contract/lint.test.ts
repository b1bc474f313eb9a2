/** No source is without rules: plain JavaScript starts the house, draws the page and publishes a release. */
import { join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Linter } from 'eslint'

const root = resolve(import.meta.dirname, '../..')
const linter = new Linter({ cwd: root })
const { default: config } = (await import(join(root, 'eslint.config.mjs'))) as { default: Linter.Config[] }

/** The rules that the configuration of the house holds against a file, if it were written like this. */
const against = (file: string, text: string): (string | null)[] =>
  linter.verify(text, config, join(root, file)).map(({ ruleId, message }) => ruleId ?? message)

describe('plain JavaScript', () => {
  it.each([
    'eslint.config.mjs',
    'local/start.mjs',
    'local/demo/page/client.js',
    'local/stand-ins/actions/cache/index.mjs',
    'scripts/release/publish.mjs',
    '.github/actions/plan-summary/summarize.mjs',
  ])('of %s is held to rules', (file) => {
    expect(against(file, "let unused = missing == '1' ? eval('1') : new Function('1')\n").sort()).toEqual([
      'eqeqeq',
      'no-eval',
      'no-new-func',
      'no-undef',
      'no-unused-vars',
      'prefer-const',
    ])
  })

  it('of the page knows no process, and nothing else knows a document', () => {
    const text = 'process.exitCode = document.title\n'
    expect(against('local/demo/page/client.js', text)).toEqual(['no-undef'])
    expect(against('local/start.mjs', text)).toEqual(['no-undef'])
  })

  it('closes no circle either', () => {
    expect(against('local/toolchain/explain-failure.mjs', "import './complete-modules.mjs'\n")).toEqual([
      'house/no-cycle',
    ])
  })
})
