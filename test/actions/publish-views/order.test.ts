/** Views in the order of what they read: circles and chains that BigQuery would refuse are refused in the plan. */
import { describe, expect, it } from '@jest/globals'
import { inReferenceOrder } from '../../../actions/publish-views/src/order.ts'
import { thrownBy } from '../../support/thrown.ts'

const view = (tableId: string, ...reads: string[]) => ({
  name: { projectId: 'p', datasetId: 'd', tableId },
  file: `v/d/${tableId}.sql`,
  references: reads.map((read) => ({ projectId: 'p', datasetId: 'd', tableId: read })),
})
const chain = (levels: number) =>
  Array.from({ length: levels }, (_, index) =>
    view(`v${index}`, ...(index + 1 < levels ? [`v${index + 1}`] : ['table'])),
  )

describe('inReferenceOrder', () => {
  it('puts what is read first and leaves the rest in its order', () => {
    const ordered = inReferenceOrder([view('a', 'c'), view('b'), view('c', 'elsewhere')])
    expect(ordered.map(({ name }) => name.tableId)).toEqual(['c', 'a', 'b'])
  })
  it('follows sixteen levels and no more', () => {
    expect(inReferenceOrder(chain(16))).toHaveLength(16)
    expect(thrownBy(() => inReferenceOrder(chain(17)))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(
        /d\.v0 \(v\/d\/v0\.sql\) would read views through 17 levels, and BigQuery follows 16/,
      ),
    })
  })
  it('counts the levels below that are not of the set', () => {
    const over = (levelsBelow: number) => [view('a', 'b'), { ...view('b', 'theirs'), levelsBelow }]
    expect(inReferenceOrder(over(14))).toHaveLength(2)
    expect(thrownBy(() => inReferenceOrder(over(15)))).toMatchObject({
      message: expect.stringContaining('d.a (v/d/a.sql) would read views through 17 levels'),
    })
  })
  it('names a circle by its files', () => {
    expect(thrownBy(() => inReferenceOrder([view('a', 'b'), view('b', 'a')]))).toMatchObject({
      message: expect.stringMatching(/in a circle: v\/d\/a\.sql → v\/d\/b\.sql → v\/d\/a\.sql/),
    })
  })
})
