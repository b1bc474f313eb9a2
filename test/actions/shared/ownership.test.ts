/** Whose something is: the default owner fits into a label and names one folder of one repository; another input is refused. */
import { expect, it } from '@jest/globals'
import { defaultOwner, parseOwnerLabel } from '../../../actions/_shared/ownership.ts'
import { thrownBy } from '../../support/thrown.ts'

const repository = { repositoryId: '', repository: 'Octo.Org/Clicks' }

it.each([
  [
    'a plain folder',
    { repositoryId: '42', repository: 'a/b' },
    'bigquery/views',
    /^42-bigquery-views-[0-9a-f]{8}$/,
  ],
  ['no id, odd letters', repository, 'Übersicht/Größe', /^octo-org-clicks-bersicht-gr-e-[0-9a-f]{8}$/],
  ['a long folder', repository, 'x'.repeat(300), /^octo-org-clicks-x{38}-[0-9a-f]{8}$/],
])('is at most 63 characters of a label: %s', (_, context, source, pattern) => {
  const owner = defaultOwner(context, source)
  expect(owner).toMatch(pattern)
  expect(owner.length).toBeLessThanOrEqual(63)
  expect(parseOwnerLabel('', context, source)).toBe(owner)
})

it('differs where only what a label cannot hold differs', () => {
  const owners = ['a/b', 'a.b', 'A/b', 'a/b ', `${'y'.repeat(90)}1`, `${'y'.repeat(90)}2`].map((source) =>
    defaultOwner(repository, source),
  )
  expect(new Set(owners).size).toBe(owners.length)
})

it.each(['Me', 'a b', 'a.b', 'ü', 'x'.repeat(64)])('refuses the input owner %j', (given) => {
  expect(thrownBy(() => parseOwnerLabel(given, repository, 's'))).toMatchObject({
    code: 'INPUT',
    input: 'owner',
  })
})
