/* The table folded under a chart, and the same rows as CSV; it refuses to hand a spreadsheet a cell that starts a formula. */
;(function (page) {
  'use strict'
  const { make } = page

  /* columns: [heading, row → text, field, class]. A table that is folded is built when it is opened: a year has thousands of cells. */
  function fill(name, columns, rows, key, open) {
    const table = document.querySelector(`[data-table="${name}"]`)
    const folded = table.closest('details')
    csv.set(name, () => toCsv(columns, rows))
    folded.ontoggle = () => {
      if (folded.open) build(table, columns, rows, key, open)
    }
    if (folded.open) build(table, columns, rows, key, open)
    else empty(table)
  }

  function empty(table) {
    table.tHead?.remove()
    for (const body of [...table.tBodies]) body.remove()
  }

  /* Each body row carries data-key, each cell data-field and the exact value; `open`, where there is something behind a row, what its button does. */
  function build(table, columns, rows, key, open) {
    const head = make(
      'tr',
      {},
      ...columns.map(([textContent, , , className = '']) =>
        make('th', { textContent, className, scope: 'col' }),
      ),
      ...(open ? [make('td')] : []),
    )
    const behind = (row) => {
      const button = make('button', {
        type: 'button',
        textContent: 'SQL',
        attributes: { 'aria-label': `The sessions of ${open.what(row)}, as SQL` },
      })
      button.addEventListener('click', open(row))
      return make('td', { className: 'behind' }, button)
    }
    const line = (row) =>
      make(
        'tr',
        { data: { key: key(row) } },
        ...columns.map(([, text, field, className = ''], index) =>
          make(index === 0 ? 'th' : 'td', {
            textContent: text(row),
            className,
            data: { field, value: String(row[field] ?? '') },
            ...(index === 0 ? { scope: 'row' } : {}),
          }),
        ),
        ...(open ? [behind(row)] : []),
      )
    const nothing = make(
      'tr',
      {},
      make('td', {
        className: 'empty',
        colSpan: columns.length + (open ? 1 : 0),
        textContent: 'Nothing matches these filters.',
      }),
    )
    empty(table)
    table.append(make('thead', {}, head), make('tbody', {}, ...(rows.length ? rows.map(line) : [nothing])))
  }

  const csv = new Map()
  const FORMULA = /^[=+\-@\t\r]/
  const isNumber = (value) => /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value)
  function quote(value) {
    const text = String(value ?? '')
    const safe = FORMULA.test(text) && !isNumber(text) ? `'${text}` : text
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const toCsv = (columns, rows) =>
    [columns.map(([, , field]) => field), ...rows.map((row) => columns.map(([, , field]) => row[field]))]
      .map((cells) => `${cells.map(quote).join()}\r\n`)
      .join('')

  function save(name, blob) {
    const url = URL.createObjectURL(blob)
    make('a', { href: url, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }

  page.tables = { fill, csvOf: (name) => csv.get(name)?.() ?? '', save }
})((globalThis.caecPage ??= {}))
