/**
 * What a visitor does at each moment: view, cart, order lines, on which item; it refuses an order id outside
 * a transaction.
 */
import type { RandomSource } from './random-source.ts'
import type { Moment } from './visits.ts'

export type EventName = 'view' | 'addtocart' | 'transaction'
export interface Action {
  timestampMs: number
  event: EventName
  itemRank: number
  orderId: number | undefined
}

/**
 * Chances in parts per million, fitted to RetailRocket's mix: 96.67 % views, 2.52 % carts, 0.81 % order
 * lines, 1.27 lines an order.
 */
const FIRST_IS_CART_PPM = 3_200
const FIRST_IS_ORDER_PPM = 900
const CART_AFTER_VIEW_PPM = 63_500
const CART_AFTER_CART_PPM = 120_000
const ORDER_AFTER_CART_PPM = 480_000
const ANOTHER_LINE_PPM = 380_000
/** Carts that take a bestseller instead of the item just looked at. */
const BESTSELLER_PPM = 300_000

export interface Shop {
  readonly items: number
  nextOrderId: number
}

/**
 * Calls `emit` for the visitor's `size` moments in time order. Lines of one order share id and instant and
 * name different items.
 */
export function act(
  random: RandomSource,
  shop: Shop,
  moments: readonly Moment[],
  size: number,
  emit: (action: Action) => void,
): void {
  let previous: Action | undefined
  for (let index = 0; index < size; index++) {
    const moment = moments[index]
    if (moment === undefined) break
    const action = nextAction(random, shop, moment, moment.isFirst ? undefined : previous)
    emit(action)
    previous = action
  }
}

function nextAction(random: RandomSource, shop: Shop, moment: Moment, previous: Action | undefined): Action {
  const { timestampMs } = moment
  if (previous?.event === 'transaction' && shop.items > 1 && random.chance(ANOTHER_LINE_PPM)) {
    return { ...previous, itemRank: (previous.itemRank + 1) % shop.items }
  }
  const event = drawEvent(random, previous)
  if (event === 'view') return { timestampMs, event, itemRank: drawItem(random, shop, 2), orderId: undefined }
  const itemRank =
    previous === undefined || (event === 'addtocart' && random.chance(BESTSELLER_PPM))
      ? drawItem(random, shop, 3)
      : previous.itemRank
  return { timestampMs, event, itemRank, orderId: event === 'transaction' ? shop.nextOrderId++ : undefined }
}

function drawEvent(random: RandomSource, previous: Action | undefined): EventName {
  const isFirst = previous === undefined
  const cartPpm = isFirst
    ? FIRST_IS_CART_PPM
    : previous.event === 'addtocart'
      ? CART_AFTER_CART_PPM
      : CART_AFTER_VIEW_PPM
  const orderPpm = isFirst ? FIRST_IS_ORDER_PPM : previous.event === 'addtocart' ? ORDER_AFTER_CART_PPM : 0
  const draw = random.below(1_000_000)
  return draw < orderPpm ? 'transaction' : draw < orderPpm + cartPpm ? 'addtocart' : 'view'
}

/** Popularity falls with rank: the share of the first x of n items is (x / n) ^ (1 / power). */
function drawItem(random: RandomSource, shop: Shop, power: 2 | 3): number {
  const fraction = random.fraction()
  return Math.floor((power === 2 ? fraction * fraction : fraction * fraction * fraction) * shop.items)
}
