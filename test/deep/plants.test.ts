/** A planted fault that fits nowhere any more would be noticed only by the deep checks, after an hour. */
import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { plants, type Plant } from './plants.ts'

const root = path.resolve(import.meta.dirname, '../..')

it.each(Object.entries<Plant>(plants))('the fault %s fits one place', (_name, [file, from]) => {
  expect(readFileSync(path.join(root, file), 'utf8').split(from)).toHaveLength(2)
})
