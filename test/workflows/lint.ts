/**
 * Lints every workflow and action file with actionlint, shellcheck and zizmor; what is accepted stands with
 * its reason in .github/actionlint.yaml and .github/zizmor.yml.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import glob from 'fast-glob'
import { ensureActionlint, ensureChecks, type Progress } from '../../local/toolchain/index.ts'

export interface LintCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** One count per tool; a tool that cannot be had is skipped aloud. */
export async function lintWorkflows(root: string, say: Progress): Promise<LintCounts> {
  const actionlint = await ensureActionlint(say)
  const { shellcheck, zizmor } = await ensureChecks(say)
  const workflows = await glob(['.github/workflows/*.{yml,yaml}', 'workflows-examples/**/*.{yml,yaml}'], {
    cwd: root,
    dot: true,
  })
  const actions = await glob(['.github/actions/*/action.yml', 'actions/*/action.yml'], {
    cwd: root,
    dot: true,
  })
  const run = (program: string, args: readonly string[]): boolean => {
    const done = spawnSync(program, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
    const isClean = done.status === 0
    if (!isClean) say(`${path.basename(program)}:\n${done.stdout}${done.stderr}${done.error?.message ?? ''}`)
    return isClean
  }
  const settings = path.join(root, '.github/zizmor.yml')
  const results = [
    'reason' in actionlint
      ? undefined
      : run(actionlint.program, [
          '-no-color',
          '-config-file',
          '.github/actionlint.yaml',
          '-shellcheck',
          shellcheck,
          '-pyflakes=',
          ...workflows,
        ]),
    run(zizmor, [
      '--offline',
      '--no-progress',
      '--quiet',
      ...(existsSync(settings) ? ['--config', settings] : []),
      ...workflows,
      ...actions,
    ]),
  ]
  if ('reason' in actionlint) say(`actionlint is skipped: ${actionlint.reason}`)
  const count = (wanted: boolean | undefined): number => results.filter((result) => result === wanted).length
  return { passed: count(true), failed: count(false), skipped: count(undefined) }
}
