/* The sessions behind a row, as the statement that lists them for who may read them. The page holds none: a session is one visitor's, and analysts see no visitor. */
;(function (page) {
  'use strict'
  const { element, words } = page
  let board = { project: '', all: {} }

  /* of: row → what it narrows to, with the words for it and how many sessions, or what else, it counts. */
  function opener(of) {
    const open = (row) => () => {
      const { what, sessions, counted = words.plural(sessions, 'session', 'sessions'), ...narrowed } = of(row)
      const { project, all } = board
      const filters = page.filters.read(all)
      element('drill-title').textContent = `${what}: ${counted}`
      element('drill-sql').textContent = page.drillSql.statement(
        project,
        filters,
        all.signupMonths.length,
        narrowed,
      )
      element('drill-said').textContent = ''
      element('drill').showModal()
    }
    open.what = (row) => of(row).what
    return open
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
