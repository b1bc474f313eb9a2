/**
 * Rows as Google's BigQuery export of Analytics 4 holds them and `bq extract` writes them: JSON lines, INT64 as
 * text, no field that is NULL. It refuses the events nobody counts with (session_start, scroll and their kind).
 */
import type { RandomSource } from './random-source.ts'
import type { Items, RowWriter } from './row-writer.ts'
import { visitShop, type Line, type OrderBook, type ShopEvent } from './shop-visits.ts'

type Parameter = readonly [key: string, value: string | number | undefined]

export function ga4Rows(random: RandomSource, items: Items): RowWriter {
  const book: OrderBook = { nextOrder: 0 }
  return {
    blockRows: 8_192,
    visit: (visitor, moments, size, emit) => {
      let first: ShopEvent | undefined
      visitShop(random, items, book, moments, size, (event) => {
        first ??= event
        emit([JSON.stringify(rowOf(event, visitor, first))], event.name === 'add_to_cart')
      })
    },
  }
}

function rowOf(event: ShopEvent, visitor: number, first: ShopEvent): Record<string, unknown> {
  const { timestampMs, name, session, lines, orderId, page, referrer, isFirstOfSession } = event
  const { origin } = session
  const { currency, device, country } = event.visitor
  const total = lines.reduce((sum, line) => sum + line.priceCents * line.quantity, 0)
  const isMoney = lines.length > 0
  const arrival = isFirstOfSession ? origin : undefined
  return {
    event_date: new Date(timestampMs).toISOString().slice(0, 10).replaceAll('-', ''),
    event_timestamp: micros(timestampMs),
    event_name: name,
    event_params: parameters([
      ['ga_session_id', Math.floor(session.startMs / 1000)],
      ['ga_session_number', session.number],
      ['page_location', page],
      ['page_referrer', referrer],
      ['source', arrival?.source],
      ['medium', arrival?.medium],
      ['campaign', arrival?.campaign],
      ['currency', isMoney ? currency : undefined],
      ['value', isMoney ? total / 100 : undefined],
      ['transaction_id', orderId],
    ]),
    user_pseudo_id: `${visitor}.${Math.floor(first.timestampMs / 1000)}`,
    user_first_touch_timestamp: micros(first.timestampMs),
    device: { category: device },
    geo: { country },
    traffic_source: namesOf(first.session.origin),
    stream_id: '1000000001',
    platform: 'WEB',
    ...(isMoney
      ? { ecommerce: ecommerceOf(event, total), items: lines.map((line) => itemOf(line, name)) }
      : {}),
    ...(arrival === undefined
      ? {}
      : {
          collected_traffic_source: {
            manual_campaign_name: arrival.campaign,
            manual_source: arrival.source,
            manual_medium: arrival.medium,
          },
        }),
  }
}

/** Finer than the platform keeps. */
const micros = (ms: number): string => `${ms}${String(ms % 1000).padStart(3, '0')}`

const parameters = (pairs: readonly Parameter[]): object[] =>
  pairs.flatMap(([key, value]) =>
    value === undefined
      ? []
      : [
          {
            key,
            value:
              typeof value === 'string'
                ? { string_value: value }
                : Number.isInteger(value)
                  ? { int_value: String(value) }
                  : { double_value: value },
          },
        ],
  )

/** Google's own words for a direct visit, in the field of the first one only. */
const namesOf = (origin: ShopEvent['session']['origin']): object =>
  origin === undefined
    ? { name: '(direct)', medium: '(none)', source: '(direct)' }
    : { name: origin.campaign ?? `(${origin.medium})`, medium: origin.medium, source: origin.source }

function ecommerceOf({ name, lines, orderId }: ShopEvent, totalCents: number): object {
  const counts = {
    total_item_quantity: String(lines.reduce((sum, { quantity }) => sum + quantity, 0)),
    unique_items: String(lines.length),
    transaction_id: orderId ?? '(not set)',
  }
  if (name === 'purchase') return { ...counts, purchase_revenue: totalCents / 100 }
  return name === 'refund' ? { ...counts, refund_value: totalCents / 100 } : counts
}

function itemOf({ item, quantity, priceCents }: Line, name: ShopEvent['name']): object {
  const all = (priceCents * quantity) / 100
  return {
    item_id: `SKU-${item}`,
    item_name: `Item ${item}`,
    item_category: `Category ${(item % 3) + 1}`,
    quantity: String(quantity),
    // A refund tells its worth only where Google puts it: a shop may leave the price out.
    ...(name === 'refund' ? { item_refund: all } : { price: priceCents / 100 }),
    ...(name === 'purchase' ? { item_revenue: all } : {}),
  }
}
