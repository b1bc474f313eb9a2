/** Rows in the columns of RetailRocket's events.csv; it refuses any field that file does not have. */
import { act, type Action, type Shop } from './actions.ts'
import type { RandomSource } from './random-source.ts'
import type { Items, RowWriter } from './row-writer.ts'

export function retailrocketRows(random: RandomSource, items: Items): RowWriter {
  const shop: Shop = { items: items.count, nextOrderId: 0 }
  return {
    header: 'timestamp,visitorid,event,itemid,transactionid',
    blockRows: 65_536,
    visit: (visitor, moments, size, emit) => {
      act(random, shop, moments, size, (action) => {
        emit([toLine(action, visitor, items.idOf(action.itemRank))], action.event === 'addtocart')
      })
    },
  }
}

function toLine(action: Action, visitor: number, item: number): string {
  return `${action.timestampMs},${visitor},${action.event},${item},${action.orderId ?? ''}`
}
