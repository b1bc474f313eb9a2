/** The types that a bundle's client keeps: all that its services send and take, judged by the library that reads them. */
import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { reachedTypes, type ProtoNode } from '../../scripts/reached-types.ts'
import { CALLED, LOOKED_UP } from '../../scripts/stand-ins.ts'

interface Type {
  readonly fullName: string
  readonly fieldsArray?: readonly { readonly resolvedType: Type | null; toJSON(): object }[]
  readonly methodsArray?: readonly {
    readonly resolvedRequestType: Type
    readonly resolvedResponseType: Type
    toJSON(): object
  }[]
  readonly values?: object
}
interface Root {
  resolveAll(): Root
  lookup(name: string): Type
}
const { Root } = createRequire(import.meta.url)('protobufjs') as { Root: { fromJSON(json: unknown): Root } }

/** Everything that these lead to, with fields and methods as they are declared. */
function declared(json: unknown, names: readonly string[]): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const walk = (type: Type | null): void => {
    if (type === null || found.has(type.fullName)) return
    const parts = [...(type.fieldsArray ?? []), ...(type.methodsArray ?? [])]
    found.set(type.fullName, type.values ?? parts.map((part) => part.toJSON()))
    for (const { resolvedType } of type.fieldsArray ?? []) walk(resolvedType)
    for (const method of type.methodsArray ?? []) {
      walk(method.resolvedRequestType)
      walk(method.resolvedResponseType)
    }
  }
  const root = Root.fromJSON(json).resolveAll()
  for (const name of names) walk(root.lookup(name))
  return found
}

it('are all that the client of batches sends and takes, as they are in the whole, and a small part of it', () => {
  const file = new URL('../../node_modules/@google-cloud/dataproc/build/protos/protos.json', import.meta.url)
  const all = JSON.parse(readFileSync(file, 'utf8')) as ProtoNode
  const names = [...CALLED, ...LOOKED_UP]
  const kept = reachedTypes(all, names)
  const wanted = declared(all, names)
  expect(declared(kept, names)).toEqual(wanted)
  expect([...wanted.keys()]).toEqual(
    expect.arrayContaining(
      ['Batch', 'Batch.State', 'AutotuningConfig'].map((name) => `.google.cloud.dataproc.v1.${name}`),
    ),
  )
  expect(JSON.stringify(kept).length).toBeLessThan(JSON.stringify(all).length / 4)
})

it('are found from the inside out, and one that is not there is refused', () => {
  const root = {
    nested: {
      a: {
        nested: {
          Outer: {
            fields: { one: { type: 'Inner' }, two: { type: 'b.Other' } },
            nested: { Inner: { values: { X: 0 } }, Unused: { fields: {} } },
          },
          Inner: { fields: {} },
        },
      },
      b: { nested: { Other: { fields: { text: { type: 'string' } } }, note: { extend: 'Other' } } },
    },
  }
  expect(reachedTypes(root, ['a.Outer'])).toEqual({
    nested: {
      a: {
        nested: {
          Outer: {
            fields: { one: { type: 'Inner' }, two: { type: 'b.Other' } },
            nested: { Inner: { values: { X: 0 } } },
          },
        },
      },
      b: { nested: { Other: { fields: { text: { type: 'string' } } } } },
    },
  })
  expect(() => reachedTypes(root, ['b.Nothing'])).toThrow('nothing names b.Nothing, which is not there')
})
