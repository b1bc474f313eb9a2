/**
 * A change from its pull request to its deployment, on the cloud that the demo filled: what stands on the request for
 * review, and what stands there afterwards. It changes a copy of this checkout and refuses to touch the checkout.
 */
import { cp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { RunningCloud } from '../cloud/server.ts'
import { connectToCloud } from '../runner/cloud-connection.ts'
import { showResult } from '../runner/command.ts'
import { localVars, readGithubEnvironments } from '../runner/environment-vars.ts'
import { runWorkflow } from '../runner/run-workflow.ts'
import type { RunOptions } from '../runner/run-options.ts'
import { renderPullRequest } from './pull-request-page.ts'
import { DemoFailed, failureText, throwIfCancelled, type Story } from './story.ts'

export const pullRequestPage = 'pull-request.html'
const NUMBER = 7
const TITLE = 'Sessions by the hour'
/** A folder of Spark tests may be absent; they are a check of their own and take minutes. */
const LEFT_OUT = new Set(['node_modules', '.git', 'test', '.local'])
const VIEWS = 'bigquery/views/caec_insights'
const CHANGED = `${VIEWS}/kpi_daily_sessions.sql`
const ADDED = `${VIEWS}/kpi_sessions_by_hour.sql`
const ADDED_SQL = `-- Sessions by the hour in which they began (UTC).
SELECT EXTRACT(HOUR FROM session_start_ts) AS hour, COUNT(*) AS sessions
FROM caec_analytics.fct_sessions
GROUP BY hour
`

export const playPullRequest = async (story: Story, cloud: RunningCloud): Promise<void> => {
  const { clock, generation, repositoryRoot } = story
  const copy = join(generation.directory, 'change')
  try {
    await copyWithChange(repositoryRoot, copy)
    const review = await clock.run('pull request', `Playing pull request #${NUMBER}`, () =>
      play(story, cloud, copy, 'workflows-examples/pull-request.yml', {
        event: 'pull_request',
        eventPayload: {
          action: 'opened',
          number: NUMBER,
          pull_request: { number: NUMBER, title: TITLE, head: { ref: 'sessions-by-hour' } },
        },
      }),
    )
    const result = await clock.run('merge', 'Deploying what was reviewed', () =>
      play(story, cloud, copy, 'workflows-examples/reviewed.yml', {
        event: 'push',
        withoutJobs: ['build/image'],
      }),
    )
    await writeFile(
      join(generation.reportDir, pullRequestPage),
      renderPullRequest({ number: NUMBER, title: TITLE, review, result }),
    )
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

const copyWithChange = async (root: string, copy: string): Promise<void> => {
  await cp(root, copy, {
    recursive: true,
    filter: (from) => !LEFT_OUT.has(relative(root, from).split(sep)[0] ?? ''),
  })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await writeFile(
    join(copy, CHANGED),
    `-- One row per day and signup month.\n${await readFile(join(copy, CHANGED), 'utf8')}`,
  )
  await writeFile(join(copy, ADDED), ADDED_SQL)
}

/** @returns the comment as the run left it. */
const play = async (
  { repositoryRoot, stateDir, generation, toolPaths, say, signal }: Story,
  cloud: RunningCloud,
  copy: string,
  file: string,
  more: Partial<RunOptions>,
): Promise<string> => {
  const environments = await readGithubEnvironments(repositoryRoot)
  const [[, first] = []] = Object.entries(environments)
  if (first === undefined) throw new DemoFailed('terraform-infra/environments holds no environment.')
  const withLocal = (vars: Readonly<Record<string, string>>) => ({ ...vars, ...localVars })
  const result = await runWorkflow({
    file,
    repositoryRoot: copy,
    stateDir,
    identity: first.identity,
    vars: withLocal(first.vars),
    environments: Object.fromEntries(
      Object.entries(environments).map(([name, { vars }]) => [name, withLocal(vars)]),
    ),
    cloud: connectToCloud(cloud.origin, generation.cloudDir),
    toolPaths,
    show: say,
    signal,
    ...more,
  })
  showResult(result, say)
  throwIfCancelled(signal)
  if (result.conclusion !== 'success') throw new DemoFailed(failureText(result, file))
  const comments = join(result.directory, 'comments')
  const [comment] = await readdir(comments).catch(() => [])
  if (comment === undefined) throw new DemoFailed(`${file} left no comment on the pull request.`)
  return await readFile(join(comments, comment), 'utf8')
}
