/**
 * Policy checks of the Terraform files: each passes, or is left out with a reason that stands in the file.
 */
import { expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureCheckov } from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'

interface Finding {
  readonly check_id: string
  readonly check_name: string
  readonly file_path: string
  readonly check_result: { readonly suppress_comment?: string }
}

it("passes checkov's policies or says why not", async () => {
  const { checkov } = await ensureCheckov((line) => process.stderr.write(`${line}\n`))
  const home = await mkdtemp(join(tmpdir(), 'checkov '))
  try {
    const { stdout } = await promisify(execFile)(
      checkov,
      [
        '--directory',
        join(repoRoot, 'terraform-infra'),
        '--framework',
        'terraform',
        '--skip-download',
        '--soft-fail',
        '--output',
        'json',
      ],
      {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, PYTHONDONTWRITEBYTECODE: '1' },
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    const { results, summary } = JSON.parse(stdout) as {
      results: { failed_checks: Finding[]; skipped_checks: Finding[] }
      summary: { passed: number; parsing_errors: number }
    }
    expect(
      results.failed_checks.map(
        ({ check_id, check_name, file_path }) => `${check_id} ${check_name} ${file_path}`,
      ),
    ).toEqual([])
    expect(summary.parsing_errors).toBe(0)
    expect(summary.passed).toBeGreaterThan(10)
    for (const { check_id, check_result } of results.skipped_checks)
      expect(`${check_id}: ${check_result.suppress_comment}`).toMatch(/: .{40,}/)
  } finally {
    await rm(home, { recursive: true })
  }
}, 300_000)
