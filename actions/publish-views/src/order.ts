/** Puts views after those they read; it refuses circles, and chains that BigQuery would not follow. */
import { nameKey, shortName, type TableName } from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'

interface Reader {
  readonly name: TableName
  readonly file: string
  readonly references: readonly TableName[]
  /** Levels of views below it that are not of the set. */
  readonly levelsBelow?: number
}
/** https://cloud.google.com/bigquery/quotas#view_limits */
export const DEEPEST = 16

/** Files that wait for nothing keep their order. */
export function inReferenceOrder<R extends Reader>(views: readonly R[]): R[] {
  const byKey = new Map(views.map((view) => [nameKey(view.name), view]))
  const levels = new Map<R, number>()
  const visit = (view: R, trail: readonly R[]): number => {
    const known = levels.get(view)
    if (known !== undefined) return known
    if (trail.includes(view)) {
      const circle = [...trail.slice(trail.indexOf(view)), view].map(({ file }) => file).join(' → ')
      throw new RefusedError(`Ordering the views: they read each other in a circle: ${circle}; break it.`, {
        what: circle,
        problem: 'view-circle',
      })
    }
    let level = 1 + (view.levelsBelow ?? 0)
    for (const reference of view.references) {
      const before = byKey.get(nameKey(reference))
      if (before !== undefined) level = Math.max(level, visit(before, [...trail, view]) + 1)
    }
    if (level > DEEPEST)
      throw new RefusedError(
        `Ordering the views: ${shortName(view.name)} (${view.file}) would read views through ${level} levels, and BigQuery follows ${DEEPEST}; let it read a table in between.`,
        { what: view.file, problem: 'view-circle' },
      )
    levels.set(view, level)
    return level
  }
  for (const view of views) visit(view, [])
  return [...levels.keys()]
}
