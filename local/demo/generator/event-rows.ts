/** The same shop in the platform's own words, one JSON object for each item of an event; it refuses fields the source `events` does not read. */
import type { RandomSource } from './random-source.ts'
import type { Items, RowWriter } from './row-writer.ts'
import { visitShop, type Line, type OrderBook, type ShopEvent } from './shop-visits.ts'

const WORDS: Readonly<Record<ShopEvent['name'], string>> = {
  page_view: 'page_view',
  view_item: 'view',
  add_to_cart: 'cart',
  begin_checkout: 'checkout',
  purchase: 'purchase',
  refund: 'refund',
}

export function eventRows(random: RandomSource, items: Items): RowWriter {
  const book: OrderBook = { nextOrder: 0 }
  return {
    blockRows: 16_384,
    visit: (visitor, moments, size, emit) => {
      visitShop(random, items, book, moments, size, (event) => {
        const { lines } = event
        const rows =
          lines.length === 0 ? [rowOf(event, visitor)] : lines.map((line) => rowOf(event, visitor, line))
        emit(rows, event.name === 'add_to_cart')
      })
    },
  }
}

function rowOf(event: ShopEvent, visitor: number, line?: Line): string {
  const { timestampMs, name, session, orderId, page, referrer, isFirstOfSession } = event
  const arrival = isFirstOfSession ? session.origin : undefined
  return JSON.stringify({
    event_ts: new Date(timestampMs).toISOString(),
    visitor_id: `v${visitor}`,
    event_type: WORDS[name],
    item_id: line && `SKU-${line.item}`,
    transaction_id: orderId,
    quantity: line?.quantity,
    value: line && (line.priceCents * line.quantity) / 100,
    currency: line && event.visitor.currency,
    page,
    referrer,
    traffic_source: arrival?.source,
    traffic_medium: arrival?.medium,
    campaign: arrival?.campaign,
    device: event.visitor.device,
    country: event.visitor.country,
    properties: { session_number: session.number },
  })
}
