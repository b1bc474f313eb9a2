/** What a node of dbt's results says of itself. */
import { expect, it } from '@jest/globals'
import { describeNode } from '../../../actions/run-dbt/src/results.ts'

const messageOf = (message: string): string =>
  describeNode({ unique_id: 'operation.shop.shop-on-run-end-1', status: 'error', message }, undefined).message

it('says what the database said of a hook, not that the hook failed', () => {
  expect(messageOf('shop.on-run-end.1 failed, error:\n the gate is red: rows of 2015-05-03')).toBe(
    'the gate is red: rows of 2015-05-03',
  )
  expect(messageOf('shop.on-run-end.1 failed, error:')).toBe('shop.on-run-end.1 failed, error:')
  expect(messageOf('Database Error\n  failed, error: x')).toBe('Database Error\n  failed, error: x')
})

it.each<[string, string | undefined, string, string]>([
  ['python', 'the place is missing', 'error', 'Python models are not run here: the place is missing. '],
  ['python', 'the place is missing', 'success', 'said'],
  ['python', undefined, 'error', 'said'],
  ['sql', 'the place is missing', 'error', 'said'],
])('of a %s model that %j bars and that ends in %s says: %s', (language, why, status, message) => {
  const manifest = { nodes: { 'model.shop.m': { name: 'm', language } } }
  const node = describeNode({ unique_id: 'model.shop.m', status, message: 'said' }, manifest, why)
  expect(node.message.startsWith(message)).toBe(true)
  expect(node.message).toContain('said')
})
