/**
 * Carries out the plan of `auth`: exchanges tokens, writes the credentials file, exports variables. It
 * refuses to export anything after a failed exchange.
 */
import { diagnose } from './diagnose.ts'
import { cancelled } from '../../_shared/errors.ts'
import { accountUrl, credentialsFile, type Token } from '../../_shared/google/federation.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import type { AuthInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { AuthPlan, AuthStep } from './plan.ts'
import { writeSecretFile } from './secret-file.ts'

/** What the steps left: read by the report, never printed. */
export interface Left {
  readonly authToken?: Token
  readonly accessToken?: Token
  readonly accountToken?: Token
  readonly idToken?: Token
  readonly filePath?: string
}

export async function apply(
  plan: AuthPlan,
  inputs: AuthInputs,
  observed: Observed,
  _edge: unknown,
  runner: Runner,
): Promise<Outcome<AuthStep> & { left: Left }> {
  const { endpoints, federation } = observed
  const done: { step: AuthStep }[] = []
  let left: Left = observed.existingPath === undefined ? {} : { filePath: observed.existingPath }
  const run = async (step: AuthStep): Promise<Left> => {
    switch (step.kind) {
      case 'exchange':
        await federation.exchange()
        return {}
      case 'access-token': {
        const token = await federation.accessToken({
          ...step,
          url: accountUrl(endpoints, step.target, 'generateAccessToken'),
          resource: step.target,
          delegates: inputs.delegates,
        })
        return step.isOutput ? { accessToken: token, accountToken: token } : { accountToken: token }
      }
      case 'user-token':
        return {
          accessToken: await federation.userToken({
            url: accountUrl(endpoints, step.target, 'signJwt'),
            tokenUrl: `${endpoints.root('oauth2')}/token`,
            resource: step.target,
            subject: step.subject,
            scopes: inputs.scopes,
            lifetimeSeconds: inputs.lifetimeSeconds,
            delegates: inputs.delegates,
          }),
        }
      case 'id-token':
        return {
          idToken: await federation.idToken({
            url: accountUrl(endpoints, step.target, 'generateIdToken'),
            resource: step.target,
            audience: step.audience,
            isEmailIncluded: inputs.isEmailIncluded,
            delegates: inputs.delegates,
          }),
        }
      case 'credentials-file': {
        const filePath = await writeSecretFile(observed.tempDir, credentialsFile({ ...inputs, ...observed }))
        if (inputs.isCleanupWanted) runner.saveState('credentials-file-path', filePath)
        return { filePath }
      }
      case 'export-project':
        for (const name of step.variables) runner.exportVariable(name, step.target)
        return {}
      case 'export-credentials':
        for (const name of step.variables) runner.exportVariable(name, left.filePath ?? '')
        return {}
      default:
        return assertNever(step)
    }
  }
  for (const step of plan.steps) {
    if (runner.cancelled.aborted) {
      const what = `${done.length} of ${plan.steps.length} steps are done, the rest was not begun`
      return { isApplied: true, done, left, failure: cancelled('Signing in', what) }
    }
    try {
      left = { ...left, ...(await run(step)), authToken: federation.current() }
      done.push({ step })
      runner.log.info(
        `${step.kind}: ${step.kind === 'credentials-file' ? left.filePath : step.target} (${step.reason})`,
      )
    } catch (error) {
      return {
        isApplied: true,
        done,
        left,
        failure: await diagnose(error, inputs, observed.claims, Date.now()),
      }
    }
  }
  return { isApplied: true, done, left }
}
