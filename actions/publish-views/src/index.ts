/** Publishes authorized views: the table of contents. */
import { connect } from '../../_shared/google/connect.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planViews } from './plan.ts'
import { report } from './report.ts'

void runPlanned('publish-views', { parseInputs, connect, observe, plan: planViews, apply, report })
