/* The filters as the form and the address hold them: presets, dates, choices, theme. It refuses to filter a row itself. */
;(function (page) {
  'use strict'
  const { element, make } = page

  function choices(id, options) {
    const container = element(id)
    for (const { value, label } of options) {
      const box = make('input', { type: 'checkbox', value, checked: true, defaultChecked: true })
      const only = make('button', {
        type: 'button',
        className: 'only',
        textContent: 'only',
        attributes: { 'aria-label': `only ${label}` },
        data: { only: value },
      })
      container.append(make('div', { className: 'choice' }, make('label', {}, box, ` ${label}`), only))
    }
  }
  const boxes = (id) => [...element(id).querySelectorAll('input')]
  const picked = (id) =>
    boxes(id)
      .filter((box) => box.checked)
      .map((box) => box.value)
  const check = (id, isChosen) => {
    for (const box of boxes(id)) box.checked = isChosen(box.value)
  }

  function read(all) {
    return {
      from: element('from').value || all.from,
      to: element('to').value || all.to,
      eventTypes: new Set(picked('event-types')),
      signupMonths: new Set(picked('signup-months')),
    }
  }

  function setDates({ from, to }) {
    element('from').value = from
    element('to').value = to
  }

  /* Which preset the dates are, by what they say and not by what was clicked. */
  const presetOf = (filters, all, presets) => {
    const same = presets.filter((preset) => preset.from === filters.from && preset.to === filters.to)
    return same.find((preset) => preset.id === 'all') ?? same[0]
  }

  function describe(filters, all, presets) {
    const active = presetOf(filters, all, presets)
    for (const button of element('presets').querySelectorAll('button'))
      button.setAttribute('aria-pressed', String(button.dataset.preset === active?.id))
    for (const [id, noun] of [
      ['event-types', 'events'],
      ['signup-months', 'months'],
    ]) {
      const [total, chosen] = [boxes(id).length, picked(id)]
      const label = boxes(id)
        .find((box) => box.value === chosen[0])
        ?.parentElement.textContent.trim()
      element(`${id}-chosen`).textContent =
        chosen.length === total
          ? `all ${noun}`
          : chosen.length === 1
            ? label
            : `${chosen.length} of ${total} ${noun}`
    }
  }

  /* The address says what differs from the start, so a link shows the same board. */
  function writeAddress(filters, all, presets, start) {
    const said = new URLSearchParams()
    const active = presetOf(filters, all, presets)
    if (active?.id !== start && active) said.set('period', active.id)
    if (!active) for (const side of ['from', 'to']) said.set(side, filters[side])
    if (filters.eventTypes.size !== all.eventTypes.length) said.set('events', [...filters.eventTypes].join())
    if (filters.signupMonths.size !== all.signupMonths.length)
      said.set('months', [...filters.signupMonths].join())
    const { theme } = document.documentElement.dataset
    if (theme) said.set('theme', theme)
    const address = `#${said.toString().replaceAll('%2C', ',')}`
    if (address !== (location.hash || '#')) history.replaceState(null, '', address)
  }

  function readAddress(all, presets, start) {
    const said = new URLSearchParams(location.hash.slice(1))
    const isDate = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? '')
    const named = presets.find((preset) => preset.id === said.get('period') && preset.from)
    const preset = named ?? presets.find((one) => one.id === start) ?? { from: '', to: '' }
    setDates({
      from: !named && isDate(said.get('from')) ? said.get('from') : preset.from,
      to: !named && isDate(said.get('to')) ? said.get('to') : preset.to,
    })
    for (const [id, name] of [
      ['event-types', 'events'],
      ['signup-months', 'months'],
    ]) {
      const wanted = said.has(name) ? new Set(said.get(name).split(',')) : null
      check(id, (value) => wanted === null || wanted.has(value))
    }
    setTheme(said.get('theme'))
  }

  const isDark = () =>
    (document.documentElement.dataset.theme ??
      (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
  function setTheme(theme) {
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme
    else delete document.documentElement.dataset.theme
    element('theme').setAttribute('aria-pressed', String(isDark()))
  }

  function build(all, presets, changed) {
    for (const { id, label, from, to } of presets) {
      const button = make('button', { type: 'button', textContent: label, data: { preset: id } })
      button.disabled = from === null
      if (from === null) button.title = 'The data does not reach back so far.'
      button.addEventListener('click', () => {
        setDates({ from, to })
        changed()
      })
      element('presets').append(button)
    }
    for (const id of ['from', 'to'])
      Object.assign(element(id), { min: all.from, max: all.to, disabled: !all.from })
    choices('event-types', all.eventTypes)
    choices(
      'signup-months',
      all.signupMonths.map((value) => ({ value, label: page.words.month(value) })),
    )
    element('filters').addEventListener('click', ({ target }) => {
      const menu = target.closest('.menu')?.querySelector('.choices')
      if (target.dataset.only !== undefined) check(menu.id, (value) => value === target.dataset.only)
      else if (target.dataset.every !== undefined) check(menu.id, () => target.dataset.every === 'all')
      else return
      changed()
    })
    element('filters').addEventListener('input', changed)
    element('theme').addEventListener('click', () => {
      setTheme(isDark() ? 'light' : 'dark')
      changed()
    })
    const menus = [...document.querySelectorAll('details.menu')]
    document.addEventListener('click', ({ target }) => {
      for (const menu of menus) if (!menu.contains(target)) menu.open = false
    })
    document.addEventListener('keydown', ({ key }) => {
      const open = menus.find((menu) => menu.open)
      if (key !== 'Escape' || !open) return
      open.open = false
      open.querySelector('summary').focus()
    })
  }

  page.filters = { build, read, readAddress, writeAddress, describe, setTheme }
})((globalThis.caecPage ??= {}))
