/**
 * The whole loop of pull requests on three projects as people have them: a shop, a package that tests itself, and
 * the events of an analytics export. Each goes through everything that happens between its first run and its end.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { messages, nodesOf } from './run-dbt-job.ts'
import { forget, openLoop, projects, STATE, type Loop } from './run-dbt-loop-job.ts'

const LIMIT_MS = 480_000

describe.each(projects)('$name', (project) => {
  const { change, source } = project
  const own = 'caec_analytics_pr_7'
  const command = project.commands.split('\n').length - 1
  let loop: Loop
  beforeAll(async () => {
    loop = await openLoop(project)
  }, 600_000)
  afterAll(() => loop.dbt.close())

  it(
    'is built whole on the main branch, which finds its source fresh and leaves its state',
    async () => {
      const sha = loop.commit('2026-11-01T00:00:00Z')
      await loop.load(0)
      const result = await loop.onMain({ commands: `${project.commands}\nsource freshness` })
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      expect((await loop.latest()).commit).toBe(sha)
      expect(await loop.dbt.tablesOf('caec_analytics')).toEqual(expect.arrayContaining([...project.built]))
      expect(await loop.stored(`${(await loop.latest()).folder}/sources.json`)).toContain(source.name)
    },
    LIMIT_MS,
  )

  it(
    'on a pull request, is stopped before anything is made when it would read more than it may',
    async () => {
      await forget(loop)
      await loop.edit(change.file, change.from, change.to)
      const result = await loop.onPullRequest({ 'max-bytes': '0' })
      expect([result.exitCode, result.outputs.status]).toEqual([1, 'failure'])
      expect(messages(result).join('\n')).toMatch(
        /Estimating the run: it would read .*, more than max-bytes allows \(0\); most is read by .*Nothing was run\./,
      )
      expect(result.log).not.toContain('> dbt build')
      expect(result.summary).toContain('Would read')
      expect(await loop.dbt.tablesOf(own)).toBeUndefined()
    },
    LIMIT_MS,
  )

  it(
    'builds what was changed and what depends on it, reads the rest from production, and retries what failed',
    async () => {
      await forget(loop)
      await loop.edit(change.file, change.to, project.mistake)
      const red = await loop.onPullRequest()
      expect([red.exitCode, red.outputs['nodes-failed']]).toEqual([1, '1'])
      await loop.edit(change.file, project.mistake, change.to)
      const result = await loop.onPullRequest({ commands: 'retry' })
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      const models = (await nodesOf(result)).flatMap((id) => /^model\.\w+\.(\w+)$/.exec(id)?.[1] ?? [])
      expect(models).toEqual(project.built)
      expect(await loop.dbt.tablesOf(own)).toEqual(project.built)
    },
    LIMIT_MS,
  )

  it(
    'builds the same in a new job',
    async () => {
      await forget(loop)
      const result = await loop.onPullRequest({ estimate: 'true', compare: 'true', 'compare-max-bytes': '1' })
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      // A count that would cost too much is left out and said; it fails nothing.
      expect(result.outputs.comparison).toMatch(/bytes billed/i)
      const models = (await nodesOf(result, command)).flatMap(
        (id) => /^model\.\w+\.(\w+)$/.exec(id)?.[1] ?? [],
      )
      expect(models).toEqual(project.built)
      expect(await loop.dbt.tablesOf(own)).toEqual(project.built)
    },
    LIMIT_MS,
  )

  it(
    'names the source that has grown too old',
    async () => {
      await loop.load(5)
      const result = await loop.onMain({
        commands: `${project.commands.replace('build', 'parse')}\nsource freshness`,
      })
      expect([result.exitCode, result.outputs]).toMatchObject([1, { 'nodes-failed': '1', 'exit-code': '1' }])
      expect(messages(result).join('\n')).toContain(`1 of 1 nodes failed: ${source.name}`)
    },
    LIMIT_MS,
  )

  it(
    'is gone when the pull request is closed, and production is not',
    async () => {
      const result = await loop.close()
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      expect(await loop.dbt.tablesOf(own)).toBeUndefined()
      expect(await loop.dbt.tablesOf('caec_analytics')).toEqual(expect.arrayContaining([...project.built]))
    },
    LIMIT_MS,
  )
})

describe('in any project', () => {
  let loop: Loop
  beforeAll(async () => {
    loop = await openLoop(projects[0]!)
  }, 600_000)
  afterAll(() => loop.dbt.close())

  it(
    'the newer commit wins, whichever run ends last',
    async () => {
      const newer = loop.commit('2026-11-03T00:00:00Z')
      await loop.onMain({ commands: 'parse' }, '3')
      expect((await loop.latest()).commit).toBe(newer)
      loop.commit('2026-11-02T00:00:00Z')
      const late = await loop.onMain({ commands: 'parse' }, '2')
      expect([late.exitCode, messages(late)]).toEqual([0, []])
      expect(late.summary).toContain('which is newer')
      expect((await loop.latest()).commit).toBe(newer)
    },
    LIMIT_MS,
  )

  it(
    'a pull request that finds no state says so and would build all',
    async () => {
      const result = await loop.onPullRequest({ state: `${STATE}-none`, 'dry-run': 'true' })
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      expect(result.summary).toContain('so everything is selected')
      expect(result.summary).toContain('shop.marts.customers')
    },
    LIMIT_MS,
  )

  it(
    'a pull request clones what it names, once there is a state to clone from',
    async () => {
      const commands = 'clone --select stg_orders customers\nls --select orders'
      const early = await loop.onPullRequest({ state: `${STATE}-none`, commands })
      expect([early.exitCode, messages(early)]).toEqual([0, []])
      expect(early.summary).toContain('there is no state yet to clone from')
      expect(early.log).not.toContain('> dbt clone')
      await loop.onMain({}, '4')
      const result = await loop.onPullRequest({ commands })
      expect([result.exitCode, messages(result)]).toEqual([0, []])
      expect(await loop.dbt.tablesOf('caec_analytics_pr_7')).toEqual(['customers', 'stg_orders'])
    },
    LIMIT_MS,
  )

  it(
    'a pull request is built nowhere else',
    async () => {
      await loop.dbt.write('dbt', {
        'macros/generate_schema_name.sql':
          '{% macro generate_schema_name(name, node) %}caec_analytics{% endmacro %}\n',
      })
      const result = await loop.onPullRequest({ commands: 'build --select orders' })
      expect(result.exitCode).toBe(1)
      expect(messages(result).join('\n')).toMatch(
        /would be built in caec-local\.caec_analytics, outside caec-local\.caec_analytics_pr_7/,
      )
      expect(result.log).not.toContain('> dbt build')
    },
    LIMIT_MS,
  )
})
