/* What the heat maps share: where their cells lie, how these are shaded, and which text is readable on them. It refuses to choose what a cell counts. */
;(function (page) {
  'use strict'
  const MARGIN_LEFT = 68

  /*
   * columns and rows: values in order; slot: least pixels of a column's name; rowHeight: pixels;
   * columnText, rowText: value → its name. Gives the options of Plot, and `space`: pixels of one column.
   */
  function frame(width, { columns, slot, columnText, rows, rowHeight, rowText }) {
    const space = (width - MARGIN_LEFT) / columns.length
    const every = Math.ceil(slot / space)
    return {
      space,
      options: {
        height: 34 + rows.length * rowHeight,
        marginLeft: MARGIN_LEFT,
        marginTop: 26,
        marginRight: 0,
        marginBottom: 4,
        x: {
          domain: columns,
          label: null,
          axis: 'top',
          tickSize: 0,
          padding: 0.06,
          ticks: columns.filter((_, index) => index % every === 0),
          tickFormat: columnText,
        },
        y: { domain: rows, label: null, tickSize: 0, padding: 0.1, tickFormat: rowText },
      },
    }
  }

  /* place: a row → 0 to 1 on the scale. Gives the range of colours and, for each row, that of its text. */
  function shading(place) {
    const range = [page.charts.color('--heat-low'), page.charts.color('--heat-high')]
    const shade = globalThis.d3.interpolateRgb(...range)
    /* L* 50 is where black and white letters are equally readable. */
    const letters = (row) => (globalThis.d3.lab(shade(place(row))).l < 50 ? '#fff' : '#10151d')
    return { range, letters }
  }

  page.heat = { frame, shading }
})((globalThis.caecPage ??= {}))
