/**
 * What Airflow has read of a deployment, by its list of DAGs with the time of each parse. It refuses to take for
 * read what the list does not show.
 */

export interface ChangedDag {
  readonly updatedMs: number
  /** It makes a DAG in so many words; others that Airflow parses may hold none. */
  readonly makesDag: boolean
}
/** What a deployment wrote and deleted. */
export interface Changes {
  readonly dags: ReadonlyMap<string, ChangedDag>
  /** Any DAG may import these, or did: when each was written or deleted. */
  readonly others: ReadonlyMap<string, number>
  /** Whether the deployment holds a file that Airflow parses at all. */
  readonly isAnyParsed: boolean
}

/**
 * A DAG file is read when a DAG of it was parsed after its upload; what holds none, when every DAG that Airflow lists
 * of this deployment was.
 * @param listed the newest parse of each file that holds a DAG. @returns the files that are not read, sorted.
 */
export function unreadOf({ dags, others }: Changes, listed: ReadonlyMap<string, number>): string[] {
  const unread = new Set<string>()
  const imported = new Map(others)
  for (const [file, { updatedMs, makesDag }] of dags) {
    const parsedMs = listed.get(file)
    if (parsedMs === undefined && !makesDag) imported.set(file, updatedMs)
    // Not "≤": an Airflow before 2.8 knows no time.
    else if (!((parsedMs ?? NaN) > updatedMs)) unread.add(file)
  }
  if (imported.size === 0) return [...unread].sort()
  const sinceMs = [...imported.values()].reduce((latest, ms) => Math.max(latest, ms), 0)
  for (const [file, parsedMs] of listed) if (!(parsedMs > sinceMs)) unread.add(file)
  if (listed.size === 0) for (const file of imported.keys()) unread.add(file)
  return [...unread].sort()
}

/**
 * A call, decorator or variable named after DAGs (`DAG(`, `DbtDag(`, `create_dag(`, `@dag`), or a bare call of the
 * module, such as a factory's.
 */
const MAKER =
  /dag(?!_?run)\w{0,60}(\.\w{1,60})?\s{0,9}\(|^[ \t]*@[\w.]{0,60}dag|^\w{0,60}dag\w{0,60}\s*[:=]|\bas\s+\w{0,60}dag\w{0,60}:|\bglobals\(|^[a-z_][\w.]*\(/im

/** Only Airflow looks into an archive. */
export const makesDag = (name: string, text: string): boolean => name.endsWith('.zip') || MAKER.test(text)
