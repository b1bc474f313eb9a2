/* The sessions behind a row, as the statement that lists them for who may read them. The page holds none: a session is one visitor's, and analysts see no visitor. */
;(function (page) {
  'use strict'
  const { element, words } = page
  let board = { project: '', all: {} }
  const isMonth = (text) => /^\d{4}-\d\d-\d\d$/.test(text)
  const date = (text) => `DATE '${text}'`

  /* narrowed: { from, to } within the filters, signupMonth, step: what the row adds to the filters. */
  function statement(filters, narrowed) {
    const [from, to] = [narrowed.from ?? filters.from, narrowed.to ?? filters.to]
    const later = (left, right) => (left > right ? left : right)
    const earlier = (left, right) => (left < right ? left : right)
    const months = narrowed.signupMonth
      ? [narrowed.signupMonth]
      : filters.signupMonths.size === board.all.signupMonths.length
        ? null
        : [...filters.signupMonths].filter(isMonth)
    const where = [
      `sessions.session_date BETWEEN ${date(later(from, filters.from))} AND ${date(earlier(to, filters.to))}`,
      ...(months === null
        ? []
        : [months.length ? `users.signup_month IN (${months.map(date).join(', ')})` : 'FALSE']),
      ...(narrowed.step === undefined ? [] : [`sessions.funnel_step >= ${Number(narrowed.step)}`]),
    ]
    const table = (name) => `\`${board.project}.caec_analytics.${name}\``
    return [
      'SELECT sessions.*',
      `FROM ${table('fct_sessions')} AS sessions`,
      `JOIN ${table('dim_users')} AS users ON sessions.visitor_id = users.visitor_id`,
      `WHERE ${where.join('\n  AND ')}`,
      'ORDER BY sessions.session_start_ts',
      'LIMIT 1000',
    ].join('\n')
  }

  /* of: row → what it narrows to, with the words for it and how many sessions it counts. */
  function opener(of) {
    return (row) => () => {
      const { what, sessions, ...narrowed } = of(row)
      element('drill-title').textContent = `${what}: ${words.plural(sessions, 'session', 'sessions')}`
      element('drill-sql').textContent = statement(page.filters.read(board.all), narrowed)
      element('drill-said').textContent = ''
      element('drill').showModal()
    }
  }

  async function copy() {
    const sql = element('drill-sql')
    getSelection().selectAllChildren(sql)
    const isCopied = await (navigator.clipboard?.writeText(sql.textContent) ?? Promise.reject())
      .then(() => true)
      .catch(() => false)
    element('drill-said').textContent = isCopied ? 'Copied.' : 'Selected: copy it with the keyboard.'
  }

  /* A cohort's bucket as its first and last day: a week by its Monday, a month by its name. */
  function daysOf(unit, bucket, shift) {
    if (unit === 'week') return { from: bucket, to: shift(bucket, 6) }
    const next = new Date(`${bucket}-01T00:00:00Z`)
    next.setUTCMonth(next.getUTCMonth() + 1)
    return { from: `${bucket}-01`, to: shift(next.toISOString().slice(0, 10), -1) }
  }

  function bind(project, all) {
    board = { project, all }
    element('drill-copy').addEventListener('click', copy)
    element('drill-close').addEventListener('click', () => element('drill').close())
  }

  page.drill = { opener, daysOf, bind }
})((globalThis.caecPage ??= {}))
