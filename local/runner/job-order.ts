/**
 * The order of jobs and what `success()` means between them; it refuses nothing: the parser has refused
 * cycles and unknown names.
 */
import type { Status } from './expressions.ts'
import type { Conclusion } from './result.ts'
import type { WorkflowJob } from './workflow.ts'

/** Each job after those it needs; otherwise as in the file. */
export const inOrder = (jobs: readonly WorkflowJob[]): WorkflowJob[] => {
  const ordered: WorkflowJob[] = []
  const visit = (job: WorkflowJob): void => {
    if (ordered.includes(job)) return
    for (const need of job.needs) jobs.filter(({ id }) => id === need).forEach(visit)
    ordered.push(job)
  }
  jobs.forEach(visit)
  return ordered
}

interface Jobs {
  readonly jobs: readonly WorkflowJob[]
  readonly resultOf: (id: string) => Conclusion | undefined
  readonly isCancelled: () => boolean
}

/** For a job, `success()` and `failure()` look at all its ancestors, not only at those it names. */
export const statusOfAncestors = (job: WorkflowJob, run: Jobs): Status => {
  const ancestors = new Set<string>()
  const collect = (id: string): void => {
    for (const need of run.jobs.find((candidate) => candidate.id === id)?.needs ?? []) {
      if (!ancestors.has(need)) {
        ancestors.add(need)
        collect(need)
      }
    }
  }
  collect(job.id)
  const results = (names: readonly string[]): (Conclusion | undefined)[] =>
    (names.length > 0 ? names : [...ancestors]).map((id) => run.resultOf(id))
  return {
    success: (names) => !run.isCancelled() && results(names).every((result) => result === 'success'),
    failure: (names) => results(names).includes('failure'),
    cancelled: () => run.isCancelled(),
  }
}
