/** Who asks for the right to write on pull requests: comment-plan and what calls it, nobody else. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { repoRoot } from '../support/cloud.ts'

interface Job {
  readonly uses?: string
  readonly steps?: readonly { readonly uses?: string }[]
  readonly permissions?: Readonly<Record<string, string>>
}
interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}
const tracked = (pattern: string): string[] =>
  execFileSync('git', ['ls-files', pattern], { cwd: repoRoot, encoding: 'utf8' }).trim().split('\n')
const read = (file: string): string => readFileSync(join(repoRoot, file), 'utf8')
const files = [...tracked('.github/workflows/*.yml'), ...tracked('workflows-examples/*.yml')]

/** `$/…`, and the name of this repository with a commit in the files of another one. */
const called = (uses: string): string | undefined => /(\.github\/workflows\/[\w-]+\.yml)(@|$)/.exec(uses)?.[1]
const writes = (job: Job): boolean =>
  (job.steps ?? []).some(({ uses = '' }) => /\/comment-plan(@|$)/.test(uses)) ||
  jobsOf(called(job.uses ?? '')).some(([, inner]) => writes(inner))
const jobsOf = (file: string | undefined): [string, Job][] =>
  file === undefined ? [] : Object.entries((parse(read(file)) as Workflow).jobs)
const asks = ({ permissions }: Job | Workflow): boolean => permissions?.['pull-requests'] === 'write'

it('is a job that comments, or that calls one', () => {
  const asking = files.flatMap((file) =>
    jobsOf(file)
      .filter(([, job]) => asks(job))
      .map(([name, job]) => ({ file, name, writes: writes(job) })),
  )
  expect(asking.length).toBeGreaterThan(4)
  expect(asking.filter((job) => !job.writes)).toEqual([])
  expect(files.filter((file) => asks(parse(read(file)) as Workflow))).toEqual([])
})

it('is no other action by its README', () => {
  const asking = tracked('*README.md').filter((file) => /pull-requests\W+write/.test(read(file)))
  expect(asking).toEqual(['actions/comment-plan/README.md'])
})
