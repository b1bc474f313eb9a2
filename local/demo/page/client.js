/* Binds the filters to tiles, charts and tables; every number comes from the figures. It refuses to compute. */
;(function (page) {
  'use strict'
  const figures = globalThis.caecFigures
  const { element, words, filters: form, tables, charts } = page
  const report = JSON.parse(element('report').textContent)
  const views = figures.unpack(report.views)
  const all = figures.domain(views)
  const presets = figures.presets(all)
  const start = figures.startingPreset(all)

  function say(filters, totals, changes) {
    const partial = figures.partialDay(all)
    const holdsPartial = partial && filters.from <= partial && filters.to >= partial
    element('shown').textContent = !all.from
      ? 'The views are empty: no event was accepted yet.'
      : filters.from > filters.to
        ? 'The period ends before it begins.'
        : `${words.period(filters)}: ${words.plural(totals.sessions, 'session', 'sessions')}, conversion ${words.percent(totals.conversionRate)}.`
    element('compared').textContent = changes
      ? `Compared with ${words.period(changes)}, as many days before.`
      : all.from
        ? 'Nothing to compare with: the data does not hold as many days before this period.'
        : ''
    element('partial').textContent = holdsPartial
      ? `${words.day(partial)} is not over: its data ends at ${words.moment(all.through).slice(11)} UTC.`
      : ''
  }

  function show() {
    const filters = form.read(all)
    const totals = figures.totals(views, filters)
    const changes = figures.changes(views, filters, all)
    const days = figures.trend(views, filters, all)
    for (const note of document.querySelectorAll('[data-note]'))
      note.textContent = figures.notes(note.dataset.note, filters, all).join(' ')
    form.describe(filters, all, presets)
    form.writeAddress(filters, all, presets, start)
    say(filters, totals, changes)
    charts.measure()
    page.tiles.show(totals, changes, days)
    page.trend.show(days, figures.months(views, filters), figures.extremes(days, 'sessions'))
    page.trend.showTypes(figures.volumeByDay(views, filters, all))
    page.bars.showFunnel(figures.funnel(views, filters))
    page.bars.showProducts(figures.products(views, filters))
    page.cohorts.show(figures.cohorts(views, filters, all))
    page.visitors.showRetention(figures.retention(views, filters))
    page.visitors.showSources(figures.sources(views, filters))
    page.visitors.showDevices(figures.devices(views, filters))
    document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1)
  }

  function startAgain() {
    form.readAddress(all, presets, start)
    show()
  }

  function bindSaving() {
    document.addEventListener('click', async ({ target }) => {
      const { csv, png } = target.dataset
      const name = (id, ending) => `${id}-${element('from').value}-${element('to').value}.${ending}`
      if (csv)
        tables.save(name(csv, 'csv'), new Blob([tables.csvOf(csv)], { type: 'text/csv;charset=utf-8' }))
      if (!png) return
      const picture = await charts.toPng(png, `${report.project} · ${words.period(form.read(all))}`)
      if (picture) tables.save(name(png, 'png'), picture)
    })
  }

  function sayInput() {
    element('data-through').textContent = words.moment(all.through)
    const { raw, clean, sessions } = report.stages
    for (const [name, value] of Object.entries({
      raw: raw.rows,
      clean: clean.rows,
      rejected: clean.rejected,
      duplicates: clean.duplicates,
      quarantined: clean.quarantined,
      sessions: sessions.rows,
    })) {
      const output = document.querySelector(`[data-stage=${name}]`)
      output.textContent = words.count(value)
      output.dataset.value = String(value)
    }
  }

  /* Both tables are of the whole input; where nothing was rejected or judged there is none. */
  function sayChecks() {
    const reasons = Object.entries(report.stages.clean.reasons ?? {}).map(([reason, rows]) => ({
      reason,
      rows,
    }))
    const gate = report.gate ?? []
    element('reasons').hidden = reasons.length === 0
    element('gate').hidden = gate.length === 0
    tables.fill(
      'reasons',
      [
        ['Reason', (row) => row.reason, 'reason', 'name'],
        ['Rows', (row) => words.count(row.rows), 'rows'],
      ],
      reasons,
      (row) => row.reason,
    )
    const limits = ({ at_least: least, at_most: most }) =>
      [least !== null && `at least ${least}`, most !== null && `at most ${most}`].filter(Boolean).join(', ')
    tables.fill(
      'gate',
      [
        ['Check', (row) => row.check_name.replaceAll('_', ' '), 'check_name', 'name'],
        ['Verdict', (row) => row.verdict, 'verdict', 'name'],
        ['Results', (row) => words.count(row.results), 'results'],
        ['Allowed', limits, 'at_most', 'name'],
        ['Found', (row) => row.detail ?? '', 'detail', 'name'],
      ],
      gate,
      (row) => `${row.check_name} ${row.verdict}`,
    )
    const loud = gate.filter(({ verdict }) => verdict === 'red' || verdict === 'alarm')
    element('gate-said').textContent = loud.length
      ? loud.map((row) => `${row.check_name.replaceAll('_', ' ')} ${row.verdict}`).join(', ')
      : 'nothing found'
  }

  page.drill.bind(report.project, all)
  form.build(all, presets, show)
  sayInput()
  sayChecks()
  bindSaving()
  charts.redrawWhenResized()
  element('filters').addEventListener('reset', () => {
    const { theme } = document.documentElement.dataset
    history.replaceState(null, '', theme ? `#theme=${theme}` : '#')
    setTimeout(startAgain)
  })
  addEventListener('hashchange', startAgain)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', startAgain)
  addEventListener('beforeprint', () => {
    for (const menu of document.querySelectorAll('details.menu')) menu.open = false
  })
  startAgain()
})((globalThis.caecPage ??= {}))
