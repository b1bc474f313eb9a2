/**
 * Carries out the plan of `auth`: exchanges tokens, writes the credentials file, exports variables. It
 * refuses to export anything after a failed exchange.
 */
import { describeClaims } from './claims.ts'
import { GoogleApiError } from '../../_shared/errors.ts'
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
  let left: Left = {}
  const run = async (step: AuthStep): Promise<Left> => {
    switch (step.kind) {
      case 'exchange':
        return { authToken: await federation.exchange() }
      case 'access-token': {
        const token = await federation.accessToken(left.authToken!, {
          ...step,
          url: accountUrl(endpoints, step.target, 'generateAccessToken'),
          resource: step.target,
        })
        return step.isOutput ? { accessToken: token, accountToken: token } : { accountToken: token }
      }
      case 'id-token':
        return {
          idToken: await federation.idToken(left.authToken!, {
            url: accountUrl(endpoints, step.target, 'generateIdToken'),
            resource: step.target,
            audience: step.audience,
            isEmailIncluded: true,
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
    try {
      left = { ...left, ...(await run(step)) }
      done.push({ step })
      runner.log.info(
        `${step.kind}: ${step.kind === 'credentials-file' ? left.filePath : step.target} (${step.reason})`,
      )
    } catch (error) {
      return { isApplied: true, done, left, failure: beside(error, observed) }
    }
  }
  return { isApplied: true, done, left }
}

/** A rejected token is understood by looking at its claims, so they stand beside Google's words. */
function beside(error: unknown, { claims }: Observed): unknown {
  if (
    !(error instanceof GoogleApiError) ||
    error.status < 400 ||
    error.status >= 500 ||
    error.status === 429 ||
    Object.keys(claims).length === 0
  )
    return error
  return new GoogleApiError(`${error.message}\nClaims of this job's token: ${describeClaims(claims)}`, error)
}
