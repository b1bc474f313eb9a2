/* The statement that finds the sessions behind a row in the facts, counted as the views count them. It refuses to run one. */
;(function (page) {
  'use strict'
  const date = (text) => `DATE '${text}'`
  const text = (value) =>
    `'${String(value).replace(/[\\'\p{Cc}\u2028\u2029]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
  const later = (left, right) => (left > right ? left : right)
  const earlier = (left, right) => (left < right ? left : right)
  const shift = (day, days) => globalThis.caecFigures.shift(day, days)
  const isMonth = (value) => /^\d{4}-\d\d-\d\d$/.test(value)

  /* As dbt/macros/event_order.sql. */
  const ORDER =
    "event_ts, CASE event_type WHEN 'view' THEN 0 WHEN 'addtocart' THEN 1 WHEN 'checkout' THEN 2 WHEN 'transaction' THEN 3 WHEN 'refund' THEN 4 ELSE 5 END, item_id, transaction_id, event_id"
  const TOUCH = ['traffic_source', 'traffic_medium', 'campaign']
  /* What a session names, as dbt/models/marts/fct_daily_sessions.sql: the last touch up to its first purchase, the first device. */
  const NAMED = {
    touch: {
      columns: TOUCH,
      which: `COALESCE(${TOUCH.join(', ')}) IS NOT NULL AND (purchase_position IS NULL OR position <= purchase_position)`,
      order: 'position DESC',
    },
    device: { columns: ['device'], which: 'device IS NOT NULL', order: 'position' },
  }

  /* narrowed: { from, to } within the filters, and what the row adds: signupMonth, step, item, or the values of touch or device. */
  function statement(project, filters, allMonths, narrowed) {
    const from = later(narrowed.from ?? filters.from, filters.from)
    const to = earlier(narrowed.to ?? filters.to, filters.to)
    const table = (name) => `\`${project}.caec_analytics.${name}\``
    const months = narrowed.signupMonth
      ? [narrowed.signupMonth]
      : filters.signupMonths.size === allMonths
        ? null
        : [...filters.signupMonths].filter(isMonth)
    const ofMonths =
      months === null
        ? []
        : [months.length ? `users.signup_month IN (${months.map(date).join(', ')})` : 'FALSE']
    const between = (column, first, last) => `${column} BETWEEN ${date(first)} AND ${date(last)}`
    const joined = (name) => `JOIN ${table('dim_users')} AS users ON ${name}.visitor_id = users.visitor_id`
    const end = (where, order) => [`WHERE ${where.join('\n  AND ')}`, `ORDER BY ${order}`, 'LIMIT 1000']
    if (narrowed.item !== undefined)
      return [
        'SELECT sessions.*, bought.event_ts, bought.transaction_id',
        `FROM ${table('fct_events')} AS bought`,
        joined('bought'),
        `JOIN ${table('fct_sessions')} AS sessions ON bought.session_id = sessions.session_id`,
        ...end(
          [
            between('bought.event_date', from, to),
            /* A session may begin on the day before. */
            between('sessions.session_date', shift(from, -1), to),
            ...ofMonths,
            "bought.event_type = 'transaction'",
            `bought.item_id = ${text(narrowed.item)}`,
          ],
          'bought.event_ts',
        ),
      ].join('\n')
    const kind = Object.keys(NAMED).find((name) => narrowed[name])
    if (kind) {
      const { columns, which, order } = NAMED[kind]
      return [
        'WITH ordered AS (',
        `  SELECT session_id, event_type, ${columns.join(', ')}, ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY ${ORDER}) AS position`,
        `  FROM ${table('fct_events')}`,
        `  WHERE ${between('event_date', from, shift(to, 1))}`,
        '),',
        "purchases AS (SELECT *, MIN(IF(event_type = 'transaction', position, NULL)) OVER (PARTITION BY session_id) AS purchase_position FROM ordered),",
        'named AS (',
        `  SELECT session_id, ${columns.join(', ')}`,
        '  FROM purchases',
        `  WHERE ${which}`,
        `  QUALIFY ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY ${order}) = 1`,
        ')',
        'SELECT sessions.*',
        `FROM ${table('fct_sessions')} AS sessions`,
        'LEFT JOIN named ON sessions.session_id = named.session_id',
        ...end(
          [
            between('sessions.session_date', from, to),
            ...columns.map(
              (column) => `IFNULL(named.${column}, '(not set)') = ${text(narrowed[kind][column])}`,
            ),
          ],
          'sessions.session_start_ts',
        ),
      ].join('\n')
    }
    return [
      'SELECT sessions.*',
      `FROM ${table('fct_sessions')} AS sessions`,
      joined('sessions'),
      ...end(
        [
          between('sessions.session_date', from, to),
          ...ofMonths,
          ...(narrowed.step === undefined ? [] : [`sessions.funnel_step >= ${Number(narrowed.step)}`]),
        ],
        'sessions.session_start_ts',
      ),
    ].join('\n')
  }

  page.drillSql = { statement }
})((globalThis.caecPage ??= {}))
