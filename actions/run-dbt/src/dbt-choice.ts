/**
 * Chooses the dbt to run: the one on PATH when it is the asked-for version, else one to install. A lock of the user's
 * own is always installed: what else a dbt on PATH has beside it, nobody locked.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Step } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'
import type { Lock } from './lock.ts'
import type { Installed } from './python.ts'

export interface InstallStep extends Step {
  readonly kind: 'use' | 'install'
  readonly python: string
  readonly requirements: readonly string[]
  /** The user's own. */
  readonly lock?: Lock
}

export function chooseDbt(
  inputs: Pick<Inputs, 'coreVersion' | 'adapterVersion' | 'requirements'>,
  installed: Installed | undefined,
  anyPython: string | undefined,
  lock?: Lock,
): InstallStep {
  const { coreVersion, adapterVersion } = lock ?? inputs
  const target = `dbt-core ${coreVersion}, dbt-bigquery ${adapterVersion}`
  const requirements = [`dbt-core==${coreVersion}`, `dbt-bigquery==${adapterVersion}`]
  if (lock === undefined && installed?.core === coreVersion && installed.adapter === adapterVersion)
    return {
      kind: 'use',
      target,
      reason: 'this version is on PATH',
      python: installed.python,
      requirements,
    }
  const python = anyPython ?? installed?.python
  if (python === undefined)
    throw new WorkFailedError(
      'Looking for Python: there is none on PATH to install dbt with; add actions/setup-python before this step.',
      { problem: 'dbt-installation' },
    )
  if (lock !== undefined)
    return { kind: 'install', target, reason: `locked by ${inputs.requirements}`, python, requirements, lock }
  const reason =
    installed === undefined
      ? 'no dbt on PATH'
      : `on PATH is dbt-core ${installed.core} with dbt-bigquery ${installed.adapter}`
  return { kind: 'install', target, reason, python, requirements }
}
