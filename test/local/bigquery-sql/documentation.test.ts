/** The page about the language is what the compiler supports today. */
import { readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { describeLanguage } from '../../../local/cloud/bigquery/sql/describe-language.ts'

it('docs/bigquery-language.md is up to date (node local/cloud/bigquery/sql/describe-language.ts --write)', () => {
  expect(readFileSync('docs/bigquery-language.md', 'utf8')).toBe(describeLanguage())
})
