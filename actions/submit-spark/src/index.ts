/**
 * submit-spark: a Spark job as a serverless batch, from local files to its end, or only its files. It refuses
 * to leave a batch behind.
 */
import { connect } from '../../_shared/google/connect.ts'
import { notApplied } from '../../_shared/plan.ts'
import { runAction } from '../../_shared/run.ts'
import { apply, consoleLink } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planBatch } from './plan.ts'
import { report } from './report.ts'

void runAction('submit-spark', async (runner) => {
  const inputs = parseInputs(runner.inputs)
  const google = await connect(inputs, runner)
  const observed = await observe(inputs, google, runner)
  const plan = planBatch(inputs, observed)
  if (inputs.isDryRun) runner.log.info(JSON.stringify(plan.submit?.request ?? plan, null, 2))
  const outcome = inputs.isDryRun ? notApplied(plan) : await apply(plan, inputs, observed, google, runner)
  const tracebackPaths = Object.assign(
    {},
    ...[...observed.sources.values()].map((source) => source.tracebackPaths),
  ) as Record<string, string>
  const link = consoleLink({
    projectId: google.projectId,
    region: inputs.region,
    batchId: plan.submit?.batchId ?? '',
  })
  return report(plan, outcome, {
    link,
    prices: inputs.prices,
    maxCostUsd: inputs.maxCostUsd,
    timeoutMs: inputs.timeoutMs,
    tracebackPaths,
    notes: [...google.notes, ...observed.notes],
  })
})
