/**
 * Lines of the sources `ga4` and `events` as rows of the contract, read a second time without Spark: what the
 * platform should make of generated rows. It refuses lines with a field that only other producers write.
 */
export interface Canonical {
  readonly event_us: number
  readonly visitor_id: string
  readonly event_type: string
  readonly item_id: string | null
  readonly transaction_id: string | null
  readonly quantity: number | null
  /** To the cent, as text. */
  readonly value: string | null
  readonly currency: string | null
  readonly page: string | null
  readonly referrer: string | null
  readonly traffic_source: string | null
  readonly traffic_medium: string | null
  readonly campaign: string | null
  readonly device: string | null
  readonly country: string | null
}

const GOOGLES: Readonly<Record<string, string>> = {
  view_item: 'view',
  add_to_cart: 'addtocart',
  begin_checkout: 'checkout',
  purchase: 'transaction',
}
const OURS: Readonly<Record<string, string>> = { cart: 'addtocart', purchase: 'transaction' }

interface Ga4Line {
  readonly event_timestamp: string
  readonly event_name: string
  readonly user_pseudo_id: string
  readonly event_params: readonly { key: string; value: Record<string, string | number> }[]
  readonly device: { category: string }
  readonly geo: { country: string }
  readonly ecommerce?: { transaction_id: string }
  readonly items?: readonly { item_id: string; price?: number; item_refund?: number; quantity: string }[]
  readonly collected_traffic_source?: Record<string, string>
}

/** One for each item, or one. */
export function canonicalGa4(line: string): Canonical[] {
  const row = JSON.parse(line) as Ga4Line
  const named = (key: string): string | null => {
    const value = row.event_params.find((parameter) => parameter.key === key)?.value
    return value === undefined ? null : String(Object.values(value)[0])
  }
  const order = row.ecommerce?.transaction_id
  const shared = {
    event_us: Number(row.event_timestamp),
    visitor_id: row.user_pseudo_id,
    event_type: GOOGLES[row.event_name] ?? row.event_name,
    transaction_id: order === undefined || order === '(not set)' ? null : order,
    currency: named('currency'),
    page: named('page_location'),
    referrer: named('page_referrer'),
    traffic_source: row.collected_traffic_source?.manual_source ?? null,
    traffic_medium: row.collected_traffic_source?.manual_medium ?? null,
    campaign: row.collected_traffic_source?.manual_campaign_name ?? null,
    device: row.device.category,
    country: row.geo.country,
  }
  if (row.items === undefined) return [{ ...shared, item_id: null, quantity: null, value: null }]
  return row.items.map((item) => ({
    ...shared,
    item_id: item.item_id,
    quantity: Number(item.quantity),
    value: (item.item_refund ?? item.price! * Number(item.quantity)).toFixed(2),
  }))
}

export function canonicalEvents(line: string): Canonical {
  const row = JSON.parse(line) as Record<string, string | number | undefined>
  const text = (name: string): string | null => (row[name] as string | undefined) ?? null
  return {
    event_us: Date.parse(String(row.event_ts)) * 1000,
    visitor_id: String(row.visitor_id),
    event_type: OURS[String(row.event_type)] ?? String(row.event_type),
    item_id: text('item_id'),
    transaction_id: text('transaction_id'),
    quantity: (row.quantity as number | undefined) ?? null,
    value: (row.value as number | undefined)?.toFixed(2) ?? null,
    currency: text('currency'),
    page: text('page'),
    referrer: text('referrer'),
    traffic_source: text('traffic_source'),
    traffic_medium: text('traffic_medium'),
    campaign: text('campaign'),
    device: text('device'),
    country: text('country'),
  }
}
