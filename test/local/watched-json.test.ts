/** What a handler did not look at is known afterwards, whatever it did with the rest. */
import { describe, expect, it } from '@jest/globals'
import { watchJson, watchParameters } from '../../local/cloud/watched-json.ts'

const body = () => ({
  query: 'SELECT 1',
  priority: 'BATCH',
  unset: null,
  nested: { a: 1, b: { c: 2 } },
  list: [{ name: 'x', mode: 'REQUIRED' }, { name: 'y' }],
})

describe('a watched body', () => {
  it('names the members that nobody read, in depth, and none that says "not set"', () => {
    const { value, unread } = watchJson(body())
    expect([value.query, value.nested.b.c, value.list.map(({ name }) => name)]).toEqual([
      'SELECT 1',
      2,
      ['x', 'y'],
    ])
    expect(unread()).toEqual(['priority', 'nested.a', 'list[].mode'])
  })
  it('has nothing left when it was kept whole', () => {
    for (const keep of [
      (value: object) => JSON.stringify(value),
      (value: object) => structuredClone({ ...value, nested: 0, list: 0 }),
    ]) {
      const { value, unread } = watchJson({ ...body(), nested: {}, list: [] })
      keep(value)
      expect(unread()).toEqual([])
    }
  })
  it('expects nobody to read what Google only puts out', () => {
    const { unread } = watchJson({ etag: 'x', kind: 'bigquery#table', inner: { kind: 'k' } })
    expect(unread()).toEqual(['inner.kind'])
  })
  it('reads like the value it stands for', () => {
    const { value } = watchJson(body())
    expect(value).toEqual(body())
    expect(Object.keys(value)).toEqual(Object.keys(body()))
    expect(Array.isArray(value.list)).toBe(true)
    expect(JSON.stringify(value)).toBe(JSON.stringify(body()))
  })
  it('does not take asking for the length for reading', () => {
    const { value, unread } = watchJson({ list: [1, 2] })
    expect(value.list.length).toBe(2)
    expect(unread()).toEqual(['list[]'])
  })
})

describe('watched parameters', () => {
  const of = (query: string) => {
    const url = new URL(`http://localhost/x?${query}`)
    return { url, ...watchParameters(url) }
  }
  it('names those nobody read, but not the form of the answer', () => {
    const { url, unread } = of('name=a%20b&alt=json&prettyPrint=false&userProject=p')
    expect(url.searchParams.get('name')).toBe('a b')
    expect(unread()).toEqual(['?userProject'])
  })
  it('takes the URI of an upload for what its first request asked', () => {
    const { url, unread } = of('name=a&upload_id=1')
    url.searchParams.get('upload_id')
    expect(unread()).toEqual([])
  })
  it('takes going through all of them for reading all', () => {
    const { url, unread } = of('a=1&a=2')
    expect([...url.searchParams]).toEqual([
      ['a', '1'],
      ['a', '2'],
    ])
    expect(unread()).toEqual([])
  })
})
