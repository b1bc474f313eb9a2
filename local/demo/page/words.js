/* How numbers, dates and elements are written; it refuses to compute a number that is shown. */
;(function (page) {
  'use strict'
  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
  const decimal = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const tenth = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const long = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })

  const count = (value) => (value === null || value === undefined ? '–' : whole.format(value))
  const mean = (value) => (value === null ? '–' : tenth.format(value))
  const percent = (value) => (value === null ? '–' : `${decimal.format(value * 100)} %`)
  const ratio = (value) => (value === null ? '–' : decimal.format(value))
  const plural = (value, one, many) => `${count(value)} ${Number(value) === 1 ? one : many}`
  function duration(seconds) {
    if (seconds === null) return '–'
    const rounded = Math.round(seconds)
    return rounded < 60
      ? `${rounded} s`
      : `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, '0')} s`
  }
  const day = (date) => (date ? short.format(new Date(date)) : '–')
  const period = ({ from, to }) =>
    !from || !to
      ? 'no days'
      : from === to
        ? long.format(new Date(from))
        : `${from.slice(0, 4) === to.slice(0, 4) ? day(from) : long.format(new Date(from))} – ${long.format(new Date(to))}`
  const month = (date) => date.slice(0, 7)
  const moment = (through) =>
    through ? through.replace('T', ' ').replace(/\.\d+/, '').replace('Z', '') : 'no data'

  /* make('td', { className, textContent, … }, children); `data` sets data attributes, `attributes` any other. */
  function make(tag, properties = {}, ...children) {
    const { data = {}, attributes = {}, ...rest } = properties
    const node = Object.assign(document.createElement(tag), rest)
    Object.assign(node.dataset, data)
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
    node.append(...children)
    return node
  }
  function makeSvg(tag, attributes, ...children) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag)
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
    node.append(...children)
    return node
  }

  Object.assign(page, {
    element: (id) => document.getElementById(id),
    words: { count, mean, percent, ratio, plural, duration, day, period, month, moment },
    make,
    makeSvg,
  })
})((globalThis.caecPage ??= {}))
