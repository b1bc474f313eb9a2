/**
 * Runs the base tests for dbt adapters against a local cloud of their own, in one process.
 * `PARTLY='utils grants' node test/dbt-adapter/adapter.ts` runs the tests of some areas alone.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestCloud } from '../support/cloud.ts'
import { ensureDbtTests } from '../../local/toolchain/index.ts'
import { pytest, type Counts } from '../checks/counts.ts'
import type { Shell } from '../checks/shell.ts'

export async function adapterTests(shell: Shell, scratch: string): Promise<Counts> {
  const python = await ensureDbtTests(shell.say)
  const test = await startTestCloud({ services: ['storage', 'bigquery'] })
  try {
    const { url, project, personas } = test.cloud.describe()
    const counts = await pytest(shell, scratch, python, 'test/dbt-adapter', {
      LOCAL_CLOUD_URL: url,
      LOCAL_CLOUD_LOCATION: test.cloud.environment.region,
      GOOGLE_CLOUD_PROJECT: project,
      GOOGLE_APPLICATION_CREDENTIALS: personas['data-eng']!,
      GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false',
      NO_GCE_CHECK: 'true',
      PYTEST_DEBUG_TEMPROOT: scratch,
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    })
    const { passed } = JSON.parse(readFileSync(join(import.meta.dirname, 'known.json'), 'utf8')) as {
      passed: number
    }
    shell.say(
      `dbt's base tests for adapters: ${counts.passed} of ${counts.passed + counts.failed + counts.skipped}`,
    )
    // A class that is no longer collected fails nothing by itself.
    if (counts.failed > 0 || process.env.PARTLY || counts.passed >= passed) return counts
    shell.say(`known.json says ${passed}`)
    return { ...counts, failed: 1 }
  } finally {
    await test.close()
  }
}

if (process.argv[1] === import.meta.filename) {
  const { openShell } = await import('../checks/shell.ts')
  const { mkdtemp } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const counts = await adapterTests(openShell(true), await mkdtemp(join(tmpdir(), 'adapter ')))
  process.exitCode = counts.failed > 0 ? 1 : 0
}
