/** Runs dbt on BigQuery: the table of contents. */
import { connect } from '../../_shared/google/connect.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planRun } from './plan.ts'
import { report } from './report.ts'

// A dry run's plan holds no step that builds, so it is carried out as well: `dbt ls` only reads the project.
void runPlanned('run-dbt', { parseInputs, connect, observe, plan: planRun, preview: apply, apply, report })
