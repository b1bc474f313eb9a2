/** Runs dbt on BigQuery: the table of contents. */
import { connect } from '../../_shared/google/connect.ts'
import { runAction } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planRun } from './plan.ts'
import { report } from './report.ts'

void runAction('run-dbt', async (runner) => {
  const inputs = parseInputs(runner.inputs, runner.context)
  const google = await connect(
    { projectId: inputs.projectId, allowedHosts: inputs.allowEndpointHosts },
    runner,
  )
  const observed = await observe(inputs, runner)
  const endpoint = google.endpoints.overrides.find(({ api }) => api === 'bigquery')?.root
  const plan = planRun(inputs, observed, { projectId: google.projectId, endpoint })
  // A dry run's plan holds no step that builds: `dbt ls` only reads the project.
  const outcome = await apply(plan, inputs, observed, google.projectId, runner)
  return report(plan, outcome, inputs, google.notes, observed.project.notes, runner.cancelled.aborted)
})
