/**
 * Rows that sit exactly on the rules: gaps of 30 minutes to the millisecond, midnight, ties, repeats, every
 * outcome of a session. It refuses chance.
 */
const GAP_MS = 1_800_000
const NOON_MS = Date.UTC(2015, 5, 10, 12)
const MIDNIGHT_MS = Date.UTC(2015, 5, 11)
const FIRST_VISITOR = 9_000_001

type Action = readonly [ms: number, event: 'view' | 'addtocart' | 'transaction', item: number, order?: number]

const visitors: readonly (readonly Action[])[] = [
  // Exactly the gap: one session. One millisecond more: two.
  [
    [NOON_MS, 'view', 1],
    [NOON_MS + GAP_MS, 'view', 2],
  ],
  [
    [NOON_MS, 'view', 1],
    [NOON_MS + GAP_MS + 1, 'view', 2],
  ],
  [
    [NOON_MS, 'view', 3],
    [NOON_MS + GAP_MS, 'addtocart', 3],
    [NOON_MS + 2 * GAP_MS, 'transaction', 3, 901],
    [NOON_MS + 3 * GAP_MS + 1, 'view', 3],
  ],
  // Over midnight within the gap, and apart by it.
  [
    [MIDNIGHT_MS - 1, 'view', 4],
    [MIDNIGHT_MS, 'addtocart', 4],
    [MIDNIGHT_MS + 1, 'transaction', 4, 902],
  ],
  [
    [MIDNIGHT_MS - GAP_MS, 'view', 5],
    [MIDNIGHT_MS, 'view', 5],
  ],
  [
    [MIDNIGHT_MS - GAP_MS - 1, 'view', 5],
    [MIDNIGHT_MS, 'view', 5],
  ],
  // All at once: the order of the funnel decides. A cart before any view, a purchase without a cart, a cart
  // that is left.
  [
    [NOON_MS, 'transaction', 6, 903],
    [NOON_MS, 'addtocart', 6],
    [NOON_MS, 'view', 6],
  ],
  [
    [NOON_MS, 'addtocart', 7],
    [NOON_MS + 1, 'view', 7],
    [NOON_MS + 2, 'transaction', 7, 904],
    [NOON_MS + 2, 'transaction', 8, 904],
  ],
  [[NOON_MS, 'transaction', 9, 905]],
  [
    [NOON_MS, 'view', 10],
    [NOON_MS + 5, 'addtocart', 10],
  ],
  // The same event three times.
  [
    [NOON_MS, 'view', 11],
    [NOON_MS, 'view', 11],
    [NOON_MS, 'view', 11],
  ],
]

export const boundaryRows: readonly string[] = visitors.flatMap((actions, index) =>
  actions.map(([ms, event, item, order]) => [ms, FIRST_VISITOR + index, event, item, order ?? ''].join(',')),
)
