/**
 * `npm run format [-- --check]`: Prettier over what .prettierignore leaves, ruff over the Python. It changes the look of
 * code and nothing else; Terraform's own formatter is part of the Terraform check.
 */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { unknownOption } from '../local/option-mistakes.ts'
import { ensureChecks } from '../local/toolchain/index.ts'

const root = path.dirname(import.meta.dirname)
const PYTHON = ['spark', 'dags', 'dbt', 'local', 'test', 'actions', '.github']

const unknown = process.argv.slice(2).find((word) => word !== '--check')
if (unknown !== undefined) {
  process.stderr.write(`npm run format: ${unknownOption(unknown, 'npm run format [-- --check]')}\n`)
  process.exit(1)
}
const isCheck = process.argv.includes('--check')
const { ruff } = await ensureChecks((line) => process.stderr.write(`${line}\n`))
const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0

const prettier = path.join(root, 'node_modules/prettier/bin/prettier.cjs')
const isPretty = run(process.execPath, [
  prettier,
  isCheck ? '--check' : '--write',
  '--log-level',
  'warn',
  '.',
])
const isRuffled = run(ruff, ['format', '--no-cache', ...(isCheck ? ['--check'] : []), ...PYTHON])
if (!isPretty || !isRuffled) {
  process.stderr.write(isCheck ? 'Run npm run format and commit the result.\n' : 'Formatting failed.\n')
  process.exitCode = 1
}
