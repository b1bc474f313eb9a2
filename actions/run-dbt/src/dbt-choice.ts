/** Chooses the dbt to run: the one on PATH when it is the asked-for version, else one to install. */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Step } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'
import type { Installed } from './python.ts'

export interface InstallStep extends Step {
  readonly kind: 'use' | 'install'
  readonly python: string
  readonly requirements: readonly string[]
}

export function chooseDbt(
  inputs: Pick<Inputs, 'coreVersion' | 'adapterVersion'>,
  installed: Installed | undefined,
  anyPython: string | undefined,
): InstallStep {
  const target = `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}`
  const requirements = [`dbt-core==${inputs.coreVersion}`, `dbt-bigquery==${inputs.adapterVersion}`]
  if (installed?.core === inputs.coreVersion && installed.adapter === inputs.adapterVersion)
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
  const reason =
    installed === undefined
      ? 'no dbt on PATH'
      : `on PATH is dbt-core ${installed.core} with dbt-bigquery ${installed.adapter}`
  return { kind: 'install', target, reason, python, requirements }
}
