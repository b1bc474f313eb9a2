/** Applies table DDL: the table of contents. */
import { connect } from '../../_shared/google/connect.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { preview } from './judge.ts'
import { observe } from './observe.ts'
import { planTables } from './plan.ts'
import { report } from './report.ts'

void runPlanned('apply-ddl', { parseInputs, connect, observe, plan: planTables, preview, apply, report })
