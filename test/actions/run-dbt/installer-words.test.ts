/** Why an installation of dbt failed, as the installer says it, and the hint that follows. */
import { expect, it } from '@jest/globals'
import { hintFor, isOnlyUnused, lastWords } from '../../../actions/run-dbt/src/installer-words.ts'

const NO_VERSION = [
  'ERROR: Could not find a version that satisfies the requirement agate==1.9.1 (from versions: none)',
  'ERROR: No matching distribution found for agate==1.9.1',
]
const LOST =
  "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.')': /simple/agate/"

it.each<[string, readonly string[], readonly string[], RegExp]>([
  [
    'an index that was not reached',
    [LOST, LOST, ...NO_VERSION],
    [LOST, ...NO_VERSION],
    /index was not reached/,
  ],
  ['a version that is not there', NO_VERSION, NO_VERSION, /has no such version/],
  [
    'a wrong hash',
    ['noise', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES', '[notice] A new release of pip is available'],
    ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES'],
    /make the lock again with --generate-hashes/,
  ],
  ['a conflict', ['ERROR: ResolutionImpossible: see'], ['ERROR: ResolutionImpossible: see'], /own words/],
  [
    'no venv',
    ['/py: No module named venv'],
    ['/py: No module named venv'],
    /cannot make virtual environments/,
  ],
])('%s is told as that', (_, output, told, hint) => {
  const said = lastWords(output.join('\n'))
  expect(said.split('\n')).toEqual(told)
  expect(hintFor(said)).toMatch(hint)
})

it('a lock without what dbt never imports is whole; without anything else, or with what does not fit, it is not', () => {
  const unused = 'dbt-bigquery 1.12.1 requires google-cloud-aiplatform, which is not installed.'
  expect(isOnlyUnused(`${unused}\n`)).toBe(true)
  for (const said of [
    '',
    `${unused}\ndbt-core 1.11.16 requires agate, which is not installed.`,
    'dbt-core 1.11.16 has requirement click<9, but you have click 9.0.',
    'Traceback (most recent call last):',
  ])
    expect([said, isOnlyUnused(said)]).toEqual([said, false])
})
