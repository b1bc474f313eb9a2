/** dbt-loop.yml with the models of a small shop: the state of main, the comment on a request, and what is left when it is closed. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { plantedCheckout } from '../support/planted-checkout.ts'
import { pullRequest } from './nights.ts'
import { openPlatforms, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
const file = 'workflows-examples/dbt-loop.yml'
let platforms: Platforms
let files: ReturnType<typeof plantedCheckout>
beforeAll(async () => {
  platforms = await openPlatforms()
  files = plantedCheckout()
  rmSync(path.join(files.root, 'dbt'), { recursive: true })
  cpSync(path.join(files.root, 'test/fixtures/dbt-shop'), path.join(files.root, 'dbt'), { recursive: true })
}, 15 * minutes)
afterAll(async () => {
  files?.end()
  await platforms?.close()
})
/** How old a state is, its commit says. */
const commit = (): string => {
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', files.root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words])
  // State is kept of this branch alone.
  git('checkout', '--quiet', '-B', 'main')
  git('add', '-A')
  git('commit', '--quiet', '-m', 'x')
  return git('rev-parse', 'HEAD').toString().trim()
}
const run = (action: 'opened' | 'closed') =>
  platforms.run(file, { ...pullRequest(platforms, action), repositoryRoot: files.root })

it(
  'main leaves its state, a request builds what it changes and says so, and closed its datasets go',
  async () => {
    const head_commit = { id: commit(), timestamp: '2026-11-01T00:00:00Z' }
    const main = await platforms.run(file, {
      ...{ event: 'push', eventPayload: { head_commit } },
      repositoryRoot: files.root,
    })
    expect(verdict(main)).toEqual({ main: 'success', request: 'skipped', closed: 'skipped' })
    files.plant(
      'dbt/models/marts/orders.sql',
      '{{ ref("stg_orders") }}',
      '{{ ref("stg_orders") }} where order_id > 1',
    )
    commit()
    const opened = await run('opened')
    expect(verdict(opened)).toEqual({ main: 'skipped', request: 'success', closed: 'skipped' })
    expect(Object.keys((await tablesOf(platforms.dev, 'caec_analytics_pr_7', 'ci-test')) ?? {})).toContain(
      'orders',
    )
    const kept = JSON.parse(readFileSync(path.join(platforms.stateDir, 'github/comments.json'), 'utf8')) as {
      comments: { issue: number; body: string }[]
    }
    expect(kept.comments.map(({ issue }) => issue)).toEqual([7])
    const { body } = kept.comments[0]!
    expect(body).toMatch(/Applied to dbt[\s\S]*<th>Bytes<\/th><th>Cost<\/th>[\s\S]*<td>run-dbt<\/td>/)
    expect(body).toMatch(/compare orders \(rows 4 to 3/)
    expect(verdict(await run('closed'))).toEqual({ main: 'skipped', request: 'skipped', closed: 'success' })
    expect(await tablesOf(platforms.dev, 'caec_analytics_pr_7', 'ci-test')).toBeUndefined()
  },
  30 * minutes,
)
