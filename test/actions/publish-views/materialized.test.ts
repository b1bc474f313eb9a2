/** Materialized views: what a file says of them, what changes in place, and what is refused with the way out. */
import { describe, expect, it } from '@jest/globals'
import type { Materialized } from '../../../actions/_shared/dataset.ts'
import { readDefinition } from '../../../actions/publish-views/src/definition.ts'
import { compareMaterialized } from '../../../actions/publish-views/src/materialized.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = { projectId: 'p', datasetId: 'reports', tableId: 'daily' }
const read = (middle: string) =>
  readDefinition(
    `CREATE MATERIALIZED VIEW IF NOT EXISTS reports.daily ${middle} AS SELECT day FROM a.b`,
    name,
  )

describe('CREATE MATERIALIZED VIEW', () => {
  it.each<[string, Materialized]>([
    ['', {}],
    ['PARTITION BY day', { timePartitioning: { type: 'DAY', field: 'day' } }],
    [
      'PARTITION BY DATE(at) CLUSTER BY a, `b`',
      { timePartitioning: { type: 'DAY', field: 'at' }, clustering: ['a', 'b'] },
    ],
    ['PARTITION BY TIMESTAMP_TRUNC(at, HOUR)', { timePartitioning: { type: 'HOUR', field: 'at' } }],
    [
      'PARTITION BY RANGE_BUCKET(id, GENERATE_ARRAY(-10, 100, 5))',
      { rangePartitioning: { field: 'id', range: { start: '-10', end: '100', interval: '5' } } },
    ],
    [
      'OPTIONS (enable_refresh = true, refresh_interval_minutes = 20, max_staleness = INTERVAL "4:0:0" HOUR TO SECOND)',
      { enableRefresh: true, refreshIntervalMs: '1200000', maxStaleness: '0-0 0 4:0:0' },
    ],
    [
      'OPTIONS (max_staleness = INTERVAL 30 MINUTE, enable_refresh=FALSE)',
      { enableRefresh: false, maxStaleness: '0-0 0 0:30:0' },
    ],
    [
      "OPTIONS (max_staleness = INTERVAL '0-0 1 2:30:0' YEAR TO SECOND, allow_non_incremental_definition = true)",
      { maxStaleness: '0-0 1 2:30:0', allowNonIncrementalDefinition: true },
    ],
  ])('reads %s', (middle, materialized) => {
    expect(read(middle)).toMatchObject({ query: 'SELECT day FROM a.b', materialized })
  })

  it('takes the options of every view as well', () => {
    expect(read('OPTIONS (description="d", labels=[("a","b")], enable_refresh=true)')).toMatchObject({
      description: 'd',
      labels: { a: 'b' },
      materialized: { enableRefresh: true },
    })
  })

  it.each<[string, RegExp]>([
    ['(day OPTIONS(description="x"))', /expected AS, found \(/],
    ['OPTIONS (kms_key_name="x")', /kms_key_name is not read here/],
    ['OPTIONS (max_staleness = INTERVAL "x" HOUR)', /no interval/],
    ['OPTIONS (max_staleness = INTERVAL "1:2" HOUR TO SECOND)', /no interval/],
    ['PARTITION BY TIMESTAMP_TRUNC(at, WEEK)', /expected HOUR, DAY, MONTH or YEAR/],
    ['CLUSTER BY a, b, c, d, e', /at most four/],
  ])('refuses %s', (middle, message) => {
    expect(thrownBy(() => read(middle))).toMatchObject({ message: expect.stringMatching(message) })
  })

  it('reads its options in no plain view', () => {
    expect(
      thrownBy(() =>
        readDefinition('CREATE VIEW reports.daily OPTIONS(enable_refresh=true) AS SELECT 1', name),
      ),
    ).toMatchObject({ message: expect.stringMatching(/enable_refresh is not read here/) })
  })
})

describe('compareMaterialized', () => {
  it("finds nothing where BigQuery's defaults and spelling say the same", () => {
    expect(
      compareMaterialized(
        {
          enableRefresh: true,
          refreshIntervalMs: '1800000',
          maxStaleness: '0-0 0 04:00:00',
          clustering: undefined,
        },
        { enableRefresh: true, refreshIntervalMs: '1800000', maxStaleness: '0-0 0 4:0:0' },
        true,
      ),
    ).toEqual({ patch: {}, reasons: [], fixed: [] })
  })
  it('changes in place how it is refreshed, and leaves what a file does not name', () => {
    const was = { enableRefresh: true, refreshIntervalMs: '600000', maxStaleness: '0-0 0 4:0:0' }
    expect(compareMaterialized(was, { enableRefresh: false }, true)).toEqual({
      patch: { enableRefresh: false },
      reasons: ['is not refreshed by itself any more'],
      fixed: [],
    })
    expect(
      compareMaterialized(was, { refreshIntervalMs: '1200000', maxStaleness: '0-0 0 0:30:0' }, true),
    ).toMatchObject({
      patch: { refreshIntervalMs: '1200000', maxStaleness: '0-0 0 0:30:0' },
      reasons: ['is refreshed every 20 minutes', 'may be stale for 0-0 0 0:30:0'],
    })
  })
  it('names what only a new one could have', () => {
    const was = { timePartitioning: { type: 'DAY', field: 'day' }, clustering: ['a'] }
    expect(compareMaterialized(was, { allowNonIncrementalDefinition: true }, false).fixed).toEqual([
      'its query',
      'allow_non_incremental_definition',
      'its partitions',
      'its clustering',
    ])
  })
})
