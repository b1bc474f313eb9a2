/** A year of the views' rows as a busy shop has them, made of arithmetic: what the page must open at once. No number in it is true. */
import type { Report } from '../../local/demo/page.ts'

type Row = Report['views'][string][number]

const DAY_MS = 86_400_000
const FIRST = Date.parse('2015-01-01')
const DAYS = 365
const TYPES = ['view', 'addtocart', 'checkout', 'transaction', 'refund']
const LABELS = ['View', 'Add to cart', 'Checkout', 'Purchase', 'Refund']
const SOLD_A_DAY = 200
const SOURCES = 24
const DEVICES = ['desktop', 'mobile', 'tablet', '(not set)']
const THROUGH = '2015-12-31T23:59:30.000Z'

const dateOf = (day: number): string => new Date(FIRST + day * DAY_MS).toISOString().slice(0, 10)
/** Weeks and waves, and never 0. */
const height = (day: number, salt: number): number =>
  Math.round(800 * (1.4 + Math.sin(day / 50 + salt)) * (day % 7 > 4 ? 0.6 : 1)) +
  ((day * 31 + salt * 17) % 97)

export function yearOfViews(): Report {
  const days = Array.from({ length: DAYS }, (_, day) => ({ day, date: dateOf(day) }))
  /** Of each day a row for each month in which its visitors came first. */
  const byMonth = days.flatMap(({ day, date }) =>
    Array.from({ length: Number(date.slice(5, 7)) }, (_, month) => ({
      day,
      date,
      signup_month: `2015-${String(month + 1).padStart(2, '0')}-01`,
      sessions: Math.round(height(day, month) / (Number(date.slice(5, 7)) - month)),
    })),
  )
  const told = (rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, data_through: THROUGH }))
  const bySession = (more: (sessions: number) => Row): Row[] =>
    told(
      byMonth.map(({ date: session_date, signup_month, sessions }) => ({
        session_date,
        signup_month,
        sessions,
        ...more(sessions),
      })),
    )
  const bought = (sessions: number): number => Math.floor(sessions / 60)
  const products = days.flatMap(({ day, date: event_date }) =>
    Array.from({ length: SOLD_A_DAY }, (_, line) => ({
      event_date,
      signup_month: `2015-${String(1 + ((line * 7) % Number(event_date.slice(5, 7)))).padStart(2, '0')}-01`,
      item_id: String(100_000 + ((line * line + day * 13) % 9_000)),
      transaction_lines: 1 + (line % 3),
      orders: 1,
      product_name: null,
    })),
  )
  const shares = (day: number, part: number, parts: number): Row => {
    const sessions = Math.ceil((height(day, part) * 6) / parts)
    return {
      sessions,
      sessions_with_purchase: bought(sessions),
      conversion_rate: bought(sessions) / sessions,
    }
  }
  return {
    schemaVersion: 1,
    project: 'caec-local',
    input: { sha256: 'a'.repeat(64), name: 'a year' },
    stages: {
      raw: { rows: 30_000_000 },
      clean: { rows: 29_990_000, rejected: 9_000, duplicates: 1_000, quarantined: 0 },
      sessions: { rows: 9_000_000, events: 29_990_000 },
    },
    views: {
      kpi_daily_sessions: bySession((sessions) => ({
        events: sessions * 3,
        single_event_sessions: Math.floor(sessions / 2),
        duration_seconds: sessions * 180.5,
      })),
      kpi_conversion_rate: bySession((sessions) => ({
        sessions_with_purchase: bought(sessions),
        conversion_rate: bought(sessions) / sessions,
      })),
      kpi_funnel_summary: bySession((sessions) => ({
        sessions_with_view: sessions - 1,
        sessions_with_cart: Math.floor(sessions / 10),
        sessions_with_purchase: bought(sessions),
      })),
      kpi_sessions_by_signup_cohort: bySession((sessions) => ({ sessions_with_purchase: bought(sessions) })),
      kpi_dropoff_funnel: [1, 2, 3].flatMap((step) =>
        bySession((sessions) => ({
          step,
          step_name: ['view', 'addtocart', 'transaction'][step - 1]!,
          sessions: Math.floor(sessions / 8 ** (step - 1)),
          sessions_previous_step: Math.floor(sessions / 8 ** Math.max(0, step - 2)),
          drop_off_rate: 0.875,
        })),
      ),
      kpi_event_volume_by_type: told(
        byMonth.flatMap(({ date: event_date, signup_month, sessions }) =>
          TYPES.map((event_type, at) => ({
            event_date,
            signup_month,
            event_type,
            event_label: LABELS[at]!,
            events: Math.ceil((sessions * 3) / 6 ** at),
          })),
        ),
      ),
      event_type_lookup: told(
        TYPES.map((event_type, at) => ({
          event_type,
          event_label: LABELS[at]!,
          funnel_step: [1, 2, null, 3, null][at]!,
        })),
      ),
      kpi_top_products: told(products),
      kpi_top_products_named: told(products),
      kpi_retention_by_week: told(retention()),
      kpi_sessions_by_last_touch: told(
        days.flatMap(({ day, date: session_date }) =>
          Array.from({ length: SOURCES }, (_, part) => ({
            session_date,
            traffic_source: ['google', 'newsletter', 'direct', 'partner'][part % 4]!,
            traffic_medium: ['organic', 'cpc', 'email'][part % 3]!,
            campaign: part < 12 ? '(not set)' : `campaign ${part}`,
            ...shares(day, part, SOURCES),
          })),
        ),
      ),
      kpi_sessions_by_device: told(
        days.flatMap(({ day, date: session_date }) =>
          DEVICES.map((device, part) => ({ session_date, device, ...shares(day, part, DEVICES.length) })),
        ),
      ),
    },
    gate: [],
    timings: {},
  }
}

/** Weeks of a Monday each, and each week since; a week of two months is two rows. */
function retention(): Row[] {
  const weeks = Math.floor(DAYS / 7)
  return Array.from({ length: weeks }, (_, week) => {
    const monday = dateOf(week * 7 - 3)
    const months = new Set([monday, dateOf(week * 7 + 3)].map((date) => `${date.slice(0, 7)}-01`))
    return [...months].flatMap((signup_month) =>
      Array.from({ length: weeks - week }, (_, weeks_since_first) => {
        const cohort_visitors = 900 + ((week * 37) % 400)
        const visitors =
          weeks_since_first === 0 ? cohort_visitors : Math.floor(cohort_visitors / (6 + weeks_since_first))
        return {
          cohort_week: monday,
          signup_month,
          weeks_since_first,
          cohort_visitors,
          visitors,
          retention_rate: visitors / cohort_visitors,
          is_week_over: week + weeks_since_first < weeks - 1,
        }
      }),
    )
  }).flat()
}
