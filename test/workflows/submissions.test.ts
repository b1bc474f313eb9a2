/**
 * What each batch that a workflow submits is told: the subnet of its environment (without one Google takes `default`,
 * which many organisations forbid), and of raw files the source that they are.
 */
import { expect, it } from '@jest/globals'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

const root = path.resolve(import.meta.dirname, '../..')
interface Step {
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
}
const submissions = globSync(['workflows-examples/**/*.yml', '.github/workflows/*.yml'], {
  cwd: root,
}).flatMap((file) => {
  const { jobs = {} } = parse(readFileSync(path.join(root, file), 'utf8')) as {
    jobs?: Record<string, { steps?: Step[] }>
  }
  return Object.values(jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter(({ uses, with: given }) => /\/submit-spark(@|$)/.test(uses ?? '') && !given?.['stage-only'])
    .map((step): [string, Step] => [`${file}: ${String(step.with?.main)}`, step])
})

it('are found', () => expect(submissions.length).toBeGreaterThan(7))
it.each(submissions)('%s', (_where, step) =>
  expect(step.with).toMatchObject({ subnetwork: '${{ vars.SUBNETWORK }}' }),
)

it.each(submissions.filter(([, step]) => /--raw=/.test(String(step.with?.args))))(
  '%s knows the source of the raw files',
  (_where, step) => expect(step.with?.args).toContain("format('--source={0}', vars.EVENT_SOURCE)"),
)

it.each(['pipeline', 'nightly', 'erase-visitor'])(
  '%s never runs beside another that writes the lake',
  (name) => {
    const { concurrency } = parse(
      readFileSync(path.join(root, `workflows-examples/${name}.yml`), 'utf8'),
    ) as {
      concurrency: { group: string; 'cancel-in-progress': boolean }
    }
    expect(concurrency.group).toMatch(/^pipeline-(dev|\$\{\{ inputs\.environment \}\})$/)
    expect(concurrency['cancel-in-progress']).toBe(false)
  },
)
