/** What run-dbt sees of a plain project, for tests of its stages. */
import type { Observed } from '../../../actions/run-dbt/src/observe.ts'

export const observed: Observed = {
  project: { profileName: 'caec', targetPath: '/t', logPath: '/l', commentLines: 1, notes: [] },
  dbt: { kind: 'use', target: 'dbt', reason: 'there', python: '/py', requirements: [] },
  scratch: '/s',
  environment: {},
  dataset: 'd',
}
