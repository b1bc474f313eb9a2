/**
 * The files that take minutes begin first: two workers end together only when the longest does not begin last. On a
 * machine that has run the tests before, jest's own order (by the time of the last run) says the same.
 */
import Sequencer from '@jest/test-sequencer'

/** By what their files start: whole platforms, then dbt, Spark and Airflow, then bundles. */
const LONG = [
  /\/(orchestrator|one-day|crash|planted-faults|full-size|orchestrated-demo|airflow2)\.deep/,
  /\/e2e\//,
  /\/(deployments|callers|nightly|another-repository)\./,
  /\/(run-dbt|submit-spark|incremental|examples|permissions|killed|release)/,
  /\/bundle\//,
]

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) =>
      (LONG.findIndex((long) => long.test(path)) + LONG.length + 1) % (LONG.length + 1)
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other))
  }
}
