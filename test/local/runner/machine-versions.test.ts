/** The forms in which workflows name a version, judged as the setup actions do. */
import { expect, it } from '@jest/globals'
import { chooseNode, rangeOf } from '../../../local/runner/machine-versions.mjs'

it.each<[string, string, boolean]>([
  ['', '24.1.0', true],
  ['lts/*', '24.1.0', true],
  ['24', '24.1.0', true],
  ['v24.1', '24.1.0', true],
  ['24.x', '24.1.0', true],
  ['24.1.1', '24.1.0', false],
  ['2', '24.1.0', false],
  ['>=20', '24.1.0', true],
  ['>= 20.5', '20.4.9', false],
  ['>20', '20.9.0', false],
  ['<=20', '20.9.0', true],
  ['>=18 <23', '24.0.0', false],
  ['20 || 22', '22.3.0', true],
  ['20 - 22', '22.9.9', true],
  ['^20.5.0', '20.11.0', true],
  ['^20.5.0', '21.0.0', false],
  ['~3.9', '3.10.1', false],
  ['3.12-dev', '3.12.1', true],
  ['3.10', '3.1.0', false],
])('%j is fit for %s: %j', (wanted, version, isFit) => expect(rangeOf(wanted)?.(version)).toBe(isFit))

it.each(['pypy3.10', 'lts/-1', '3.10\n3.11x', 'graalpy'])('%j is no range', (wanted) =>
  expect(rangeOf(wanted)).toBeUndefined(),
)

it('knows the names of LTS lines, and says what there is', () => {
  expect(chooseNode('lts/krypton', '').found?.version).toBe(process.versions.node)
  expect(chooseNode('lts/Iron', '').problem).toBe(
    `Node lts/Iron is not on this machine (only ${process.versions.node}), and the local runner downloads none; install it, or ask for another`,
  )
  expect(chooseNode('lts/none', '').problem).toContain("Node 'lts/none' is not understood here")
})
