/** Which views without a file publish-views takes for its own to delete. */
import { describe, expect, it } from '@jest/globals'
import {
  isSearchingEverywhere,
  planOrphans,
  whyAnothers,
  whyLeft,
} from '../../../actions/publish-views/src/orphans.ts'

const name = (datasetId: string, tableId: string) => ({ projectId: 'p', datasetId, tableId })

describe('a view without a file', () => {
  it.each<[string, boolean, boolean, boolean, boolean]>([
    ['everywhere', true, false, false, true],
    ['not in datasets of other values of a variable', true, true, false, false],
    ['everywhere for an owner that was given', true, true, true, true],
    ['not at all where nothing is pruned', false, false, true, false],
  ])('is looked for %s', (_, isPruning, hasVariable, isOwnerGiven, expected) => {
    const files = [{}, hasVariable ? { hasVariableDataset: true as const } : {}]
    expect(isSearchingEverywhere({ isPruning, isOwnerGiven }, files)).toBe(expected)
  })

  it('is left where a file differs from it in case only, which may be the very same view', () => {
    const withFile = [name('out', 'Orders')]
    expect(whyLeft(name('out', 'items'), withFile)).toBeUndefined()
    const leftAs = whyLeft(name('out', 'orders'), withFile)
    const orphans = [
      { name: name('out', 'orders'), etag: 'e', references: [], leftAs },
      { name: name('out', 'items'), etag: 'e', references: [] },
    ]
    expect(planOrphans(orphans, { isPruning: true }).map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual(
      [
        'orphan: differs from the file of out.Orders in case only; drop it by hand if it is another',
        'delete: published earlier, has no file any more',
      ],
    )
  })

  it.each<[string, boolean, boolean, boolean]>([
    ['left where a variable stands in a name', true, false, true],
    ["this owner's where the owner is given", true, true, false],
    ["this owner's where names hold none", false, false, false],
  ])('is %s', (_, hasVariable, isOwnerGiven, isLeft) => {
    const files = [{}, hasVariable ? { hasVariableName: true as const } : {}]
    expect(whyAnothers({ isOwnerGiven }, files) !== undefined).toBe(isLeft)
  })
})
