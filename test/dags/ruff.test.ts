/** Ruff's Airflow rules as the Python lint check runs them: they find what was planted for them. */
import { expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'

it.each([
  ['reads_the_clock', 'airflow3-dag-dynamic-value'],
  ['reads_a_variable', 'airflow-variable-get-outside-task'],
])('finds that %s', async (name, rule) => {
  const { ruff } = await ensureChecks(() => undefined)
  const { status, stdout } = spawnSync(
    ruff,
    [
      'check',
      '--no-cache',
      '--preview',
      '--select',
      'AIR,DTZ',
      '--output-format',
      'concise',
      `test/dags/planted/${name}.py`,
    ],
    { cwd: repoRoot, encoding: 'utf8' },
  )
  expect(status).toBe(1)
  expect(stdout).toContain(rule)
})
