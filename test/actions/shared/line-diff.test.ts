/** What a summary shows of a change, and its bounds. */
import { describe, expect, it } from '@jest/globals'
import { lineDiff } from '../../../actions/_shared/line-diff.ts'

const lines = (count: number, at?: number): string =>
  Array.from({ length: count }, (_, index) => (index === at ? 'changed' : `line ${index}`)).join('\n')

describe('lineDiff', () => {
  it.each<[string, string, string, string]>([
    ['nothing of equal texts', 'a\nb', 'a\nb', ''],
    ['a line that comes', 'a\nc', 'a\nb\nc', '  a\n+ b\n  c'],
    ['a line that goes, whatever ends it', 'a\r\nb\r\nc', 'a\nc', '  a\n- b\n  c'],
    ['a line that changes', 'a\nb\nc', 'a\nx\nc', '  a\n- b\n+ x\n  c'],
    ['what moved', 'a\nb\nc\nd', 'b\nc\na\nd', '- a\n  b\n  c\n+ a\n  d'],
    ['everything', 'a', 'b', '- a\n+ b'],
  ])('shows %s', (_what, before, after, shown) => {
    expect(lineDiff(before, after)).toBe(shown)
  })

  it('leaves out what is far from a change', () => {
    expect(lineDiff(lines(20), lines(20, 10)).split('\n')).toEqual([
      '…',
      '  line 8',
      '  line 9',
      '- line 10',
      '+ changed',
      '  line 11',
      '  line 12',
      '…',
    ])
  })

  it('is bounded in lines, in their length and in effort', () => {
    const shown = lineDiff(lines(3000).replaceAll('line', 'old'), lines(3000)).split('\n')
    expect([shown.length, shown[0], shown.at(-1)]).toEqual([61, '- old 0', '… 5940 more lines'])
    expect(lineDiff('a', 'b'.repeat(9999)).length).toBeLessThan(400)
  })
})
