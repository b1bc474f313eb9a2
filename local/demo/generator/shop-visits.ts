/**
 * What the visitors of a shop with a checkout do at each moment: pages, products, cart, checkout, orders of
 * several items, refunds. It refuses an order whose items were not in the cart.
 */
import type { RandomSource } from './random-source.ts'
import type { Items } from './row-writer.ts'
import { drawOrigin, drawVisitor, type Origin, type Visitor } from './shop-visitors.ts'
import type { Moment } from './visits.ts'

export type ShopEventName =
  'page_view' | 'view_item' | 'add_to_cart' | 'begin_checkout' | 'purchase' | 'refund'
export interface Line {
  readonly item: number
  readonly quantity: number
  readonly priceCents: number
}
export interface ShopEvent {
  readonly timestampMs: number
  readonly name: ShopEventName
  readonly visitor: Visitor
  readonly session: Session
  readonly isFirstOfSession: boolean
  readonly page: string
  readonly referrer: string | undefined
  /** Of one product, of the cart or of the order; a page has none. */
  readonly lines: readonly Line[]
  readonly orderId: string | undefined
}
export interface Session {
  readonly startMs: number
  readonly number: number
  readonly origin: Origin | undefined
}
interface Order {
  readonly id: string
  readonly lines: readonly Line[]
}
export interface OrderBook {
  nextOrder: number
}

/**
 * Chances in parts per million. The same few sessions shop as in the other shape, 0.8 % of them to the end,
 * though it is farther away: of ten with a cart, some four check out and two buy.
 */
const SHOPPING_PPM = 225_000
const LANDS_ON_PAGE_PPM = 360_000
/** Who left a cart comes back for it. */
const CHECKOUT_FIRST_PPM = 350_000
const PRODUCT_AFTER_PAGE_PPM = { shopping: 850_000, looking: 600_000 }
const CART_AFTER_PRODUCT_PPM = { shopping: 720_000, looking: 5_000 }
const PAGE_AFTER_PRODUCT_PPM = 150_000
const CHECKOUT_AFTER_CART_PPM = 700_000
const CART_AFTER_CART_PPM = 200_000
const ORDER_AFTER_CHECKOUT_PPM = 820_000
const REFUND_PPM = 150_000
const BESTSELLER_PPM = 300_000
const MOST_LINES = 8
const PAGES = ['', 'sale', 'new', 'category/1', 'category/2', 'category/3', 'search?q=gift', 'about']
const SHOP = 'https://shop.example/'

/** Calls `emit` for the visitor's `size` moments in time order. */
export function visitShop(
  random: RandomSource,
  items: Items,
  book: OrderBook,
  moments: readonly Moment[],
  size: number,
  emit: (event: ShopEvent) => void,
): void {
  const visitor = drawVisitor(random)
  let session: Session | undefined
  let isShopping = false
  let last: ShopEvent | undefined
  let cart: Line[] = []
  let order: Order | undefined
  for (let index = 0; index < size; index++) {
    const moment = moments[index]
    if (moment === undefined) break
    const { timestampMs, isFirst } = moment
    if (isFirst || session === undefined) {
      const number = (session?.number ?? 0) + 1
      session = { startMs: timestampMs, number, origin: drawOrigin(random, number === 1) }
      isShopping = random.chance(SHOPPING_PPM)
      last = undefined
    }
    const wanted = nextName(random, last?.name, isShopping, cart.length > 0, order !== undefined)
    // Who has nothing in the cart looks on.
    const name = wanted === 'begin_checkout' && cart.length === 0 ? 'view_item' : wanted
    let lines: readonly Line[] = []
    let orderId: string | undefined
    switch (name) {
      case 'page_view':
        break
      case 'view_item':
        lines = [lineOf(items, drawRank(random, items.count, 2), 1)]
        break
      case 'add_to_cart': {
        const seen = last?.name === 'view_item' && !random.chance(BESTSELLER_PPM) ? last.lines[0] : undefined
        const line = {
          ...(seen ?? lineOf(items, drawRank(random, items.count, 3), 1)),
          quantity: drawQuantity(random),
        }
        cart = withLine(cart, line)
        lines = [line]
        break
      }
      case 'begin_checkout':
        lines = cart
        break
      case 'purchase':
        order = { id: `T-${100_000 + book.nextOrder++}`, lines: cart }
        ;({ lines, id: orderId } = order)
        cart = []
        break
      case 'refund':
        lines = order?.lines ?? []
        orderId = order?.id
        break
    }
    // What the next visit does not send back is kept.
    if (last === undefined) order = undefined
    const event: ShopEvent = {
      timestampMs,
      name,
      visitor,
      session,
      isFirstOfSession: last === undefined,
      page: pageOf(random, name, lines),
      referrer: last?.page ?? session.origin?.referrer,
      lines,
      orderId,
    }
    emit(event)
    last = event
  }
}

function nextName(
  random: RandomSource,
  last: ShopEventName | undefined,
  isShopping: boolean,
  hasCart: boolean,
  hasOrder: boolean,
): ShopEventName {
  const draw = random.below(1_000_000)
  const mood = isShopping ? 'shopping' : 'looking'
  switch (last) {
    case undefined:
      if (hasOrder) return draw < REFUND_PPM ? 'refund' : 'page_view'
      if (isShopping && hasCart && draw < CHECKOUT_FIRST_PPM) return 'begin_checkout'
      return draw < LANDS_ON_PAGE_PPM ? 'page_view' : 'view_item'
    case 'page_view':
      return draw < PRODUCT_AFTER_PAGE_PPM[mood] ? 'view_item' : 'page_view'
    case 'view_item':
      if (draw < CART_AFTER_PRODUCT_PPM[mood]) return 'add_to_cart'
      return draw >= 1_000_000 - PAGE_AFTER_PRODUCT_PPM ? 'page_view' : 'view_item'
    case 'add_to_cart':
      if (draw < CHECKOUT_AFTER_CART_PPM) return 'begin_checkout'
      return draw < CHECKOUT_AFTER_CART_PPM + CART_AFTER_CART_PPM ? 'add_to_cart' : 'view_item'
    case 'begin_checkout':
      return draw < ORDER_AFTER_CHECKOUT_PPM ? 'purchase' : 'page_view'
    case 'purchase':
    case 'refund':
      return 'page_view'
  }
}

/** The cart holds an item once. A full one takes no other. */
function withLine(cart: readonly Line[], line: Line): Line[] {
  const at = cart.findIndex(({ item }) => item === line.item)
  if (at < 0) return cart.length < MOST_LINES ? [...cart, line] : [...cart]
  return cart.with(at, { ...line, quantity: line.quantity + (cart[at]?.quantity ?? 0) })
}

function lineOf(items: Items, rank: number, quantity: number): Line {
  const item = items.idOf(rank)
  // From 1.99 to 168, most of them small; the same wherever the item is seen.
  const place = (item * 7_919) % 1_000
  return { item, quantity, priceCents: 199 + Math.floor((place * place) / 60) }
}

function drawQuantity(random: RandomSource): number {
  const draw = random.below(100)
  return draw < 84 ? 1 : draw < 96 ? 2 : 3
}

/** As in the other shape: the share of the first x of n items is (x / n) ^ (1 / power). */
function drawRank(random: RandomSource, count: number, power: 2 | 3): number {
  const fraction = random.fraction()
  return Math.floor((power === 2 ? fraction * fraction : fraction * fraction * fraction) * count)
}

function pageOf(random: RandomSource, name: ShopEventName, lines: readonly Line[]): string {
  switch (name) {
    case 'page_view':
      return `${SHOP}${PAGES[random.below(PAGES.length)] ?? ''}`
    case 'view_item':
    case 'add_to_cart':
      return `${SHOP}p/${lines[0]?.item ?? ''}`
    case 'begin_checkout':
      return `${SHOP}checkout`
    case 'purchase':
      return `${SHOP}thank-you`
    case 'refund':
      return `${SHOP}account/returns`
  }
}
