/**
 * deploy-dags: the content of a folder becomes the DAGs of an environment. It refuses to touch files of
 * others.
 */
import { connect } from '../../_shared/google/connect.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planDeployment } from './plan.ts'
import { report } from './report.ts'

void runPlanned('deploy-dags', { parseInputs, connect, observe, plan: planDeployment, apply, report })
