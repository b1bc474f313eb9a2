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
 * Chances in parts per million, fitted to RetailRocket's mix (96.67 % views, 2.52 % carts, 0.81 % order lines,
 * 1.27 lines an order) and to how few do so much: 0.81 % of its sessions and 0.83 % of its visitors buy, each
 * such session 1.24 times. So some sessions come to shop, and the others look around.
 */
const FIRST_IS_CART_PPM = 2_900
const FIRST_IS_ORDER_PPM = 800
const SHOPPING_PPM = 84_000
const CART_AFTER_VIEW_PPM = { shopping: 600_000, looking: 11_000 }
const CART_AFTER_CART_PPM = 455_000
const ORDER_AFTER_CART_PPM = 464_000
const CART_AFTER_ORDER_PPM = 700_000
const ORDER_AFTER_ORDER_PPM = 80_000
const ANOTHER_LINE_PPM = 365_000
/** Carts that take a bestseller instead of the item just looked at. */
const BESTSELLER_PPM = { view: 300_000, addtocart: 600_000, transaction: 600_000 }

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
  let isShopping = false
  for (let index = 0; index < size; index++) {
    const moment = moments[index]
    if (moment === undefined) break
    if (moment.isFirst) isShopping = random.chance(SHOPPING_PPM)
    const action = nextAction(random, shop, moment, moment.isFirst ? undefined : previous, isShopping)
    emit(action)
    previous = action
  }
}

function nextAction(
  random: RandomSource,
  shop: Shop,
  moment: Moment,
  previous: Action | undefined,
  isShopping: boolean,
): Action {
  const { timestampMs } = moment
  if (previous?.event === 'transaction' && shop.items > 1 && random.chance(ANOTHER_LINE_PPM)) {
    return { ...previous, itemRank: (previous.itemRank + 1) % shop.items }
  }
  const event = drawEvent(random, previous, isShopping)
  if (event === 'view') return { timestampMs, event, itemRank: drawItem(random, shop, 2), orderId: undefined }
  const itemRank =
    event === 'addtocart'
      ? drawForCart(random, shop, previous)
      : (previous?.itemRank ?? drawItem(random, shop, 3))
  return { timestampMs, event, itemRank, orderId: event === 'transaction' ? shop.nextOrderId++ : undefined }
}

function drawEvent(random: RandomSource, previous: Action | undefined, isShopping: boolean): EventName {
  const [orderPpm, cartPpm] = chancesAfter(previous?.event, isShopping)
  const draw = random.below(1_000_000)
  return draw < orderPpm ? 'transaction' : draw < orderPpm + cartPpm ? 'addtocart' : 'view'
}

/** Of an order and of a cart. */
function chancesAfter(previous: EventName | undefined, isShopping: boolean): readonly [number, number] {
  switch (previous) {
    case undefined:
      return [FIRST_IS_ORDER_PPM, FIRST_IS_CART_PPM]
    case 'view':
      return [0, isShopping ? CART_AFTER_VIEW_PPM.shopping : CART_AFTER_VIEW_PPM.looking]
    case 'addtocart':
      return [ORDER_AFTER_CART_PPM, CART_AFTER_CART_PPM]
    case 'transaction':
      return [ORDER_AFTER_ORDER_PPM, CART_AFTER_ORDER_PPM]
  }
}

/** What was just looked at; after a cart or an order another one. */
function drawForCart(random: RandomSource, shop: Shop, previous: Action | undefined): number {
  const isBestseller = previous === undefined || random.chance(BESTSELLER_PPM[previous.event])
  if (isBestseller) return drawItem(random, shop, 3)
  return previous.event === 'view' ? previous.itemRank : drawItem(random, shop, 2)
}

/** Popularity falls with rank: the share of the first x of n items is (x / n) ^ (1 / power). */
function drawItem(random: RandomSource, shop: Shop, power: 2 | 3): number {
  const fraction = random.fraction()
  return Math.floor((power === 2 ? fraction * fraction : fraction * fraction * fraction) * shop.items)
}
