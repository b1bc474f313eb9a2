/* Draws a chart into its figure, says in words what it shows, and saves it as PNG; the library is reached from here only. It refuses to compute. */
;(function (page) {
  'use strict'
  const { element, make } = page
  const drawn = new Map()
  const widths = new Map()

  /* A colour of style.css as the browser resolves it now: light or dark. */
  function color(name) {
    const probe = make('span', { hidden: true })
    probe.style.color = `var(${name})`
    document.body.append(probe)
    const found = getComputedStyle(probe).color
    probe.remove()
    return found
  }

  /* All at once, before anything changes: each reading later would lay the page out again. */
  function measure() {
    for (const frame of document.querySelectorAll('.canvas'))
      widths.set(frame.parentElement.id, frame.clientWidth)
  }

  /* options: a width → options of Plot; absent: there is nothing to draw. */
  function draw(id, label, options) {
    drawn.set(id, { label, options })
    render(id)
  }

  function render(id) {
    const frame = element(id).querySelector('.canvas')
    const { label, options } = drawn.get(id)
    element(id).classList.toggle('nothing', options === null)
    if (options === null) {
      frame.replaceChildren(
        make(
          'p',
          { className: 'empty' },
          'Nothing matches these filters. ',
          make('button', { type: 'reset', textContent: 'Reset', attributes: { form: 'filters' } }),
        ),
      )
      return
    }
    const width = Math.max(240, Math.floor(widths.get(id)))
    const chart = globalThis.Plot.plot({
      width,
      style: { background: 'transparent', color: 'var(--ink)', fontFamily: 'inherit', fontSize: '12px' },
      ...options(width),
    })
    /* One picture with one name: names of its parts would be read without a role. */
    for (const part of chart.querySelectorAll('[aria-label]')) {
      part.dataset.part = part.getAttribute('aria-label')
      part.removeAttribute('aria-label')
    }
    chart.setAttribute('role', 'img')
    chart.setAttribute('aria-label', label)
    frame.replaceChildren(chart)
  }

  let pending = 0
  function redrawWhenResized() {
    let width = document.documentElement.clientWidth
    addEventListener('resize', () => {
      if (document.documentElement.clientWidth === width) return
      width = document.documentElement.clientWidth
      cancelAnimationFrame(pending)
      pending = requestAnimationFrame(() => {
        measure()
        for (const id of drawn.keys()) render(id)
      })
    })
  }

  const SHOWN = ['fill', 'stroke', 'color', 'font-family', 'font-size', 'font-weight', 'opacity']
  /* A copy that stands alone: colours and type as they are seen now, not by reference to this page. */
  function freeze(svg) {
    const copy = svg.cloneNode(true)
    const originals = [svg, ...svg.querySelectorAll('*')]
    const copies = [copy, ...copy.querySelectorAll('*')]
    originals.forEach((original, index) => {
      const seen = getComputedStyle(original)
      for (const property of SHOWN) copies[index].style.setProperty(property, seen.getPropertyValue(property))
    })
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
    return new XMLSerializer().serializeToString(copy)
  }

  const SCALE = 2
  const MARGIN = 24
  const HEAD = 56
  async function toPng(id, subtitle) {
    const svg = element(id).querySelector('.canvas > svg')
    if (!svg) return null
    const { width, height } = svg.getBoundingClientRect()
    const image = new Image()
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(freeze(svg))}`
    await image.decode()
    const canvas = make('canvas', {
      width: (width + 2 * MARGIN) * SCALE,
      height: (height + HEAD + 2 * MARGIN) * SCALE,
    })
    const context = canvas.getContext('2d')
    const { fontFamily } = getComputedStyle(document.body)
    context.scale(SCALE, SCALE)
    context.fillStyle = color('--card')
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.fillStyle = color('--ink')
    context.font = `600 17px ${fontFamily}`
    context.fillText(element(id).querySelector('h2').textContent, MARGIN, MARGIN + 14)
    context.fillStyle = color('--soft')
    context.font = `13px ${fontFamily}`
    context.fillText(subtitle, MARGIN, MARGIN + 36)
    context.drawImage(image, MARGIN, MARGIN + HEAD, width, height)
    return new Promise((done) => canvas.toBlob(done, 'image/png'))
  }

  page.charts = { measure, draw, toPng, color, redrawWhenResized }
})((globalThis.caecPage ??= {}))
