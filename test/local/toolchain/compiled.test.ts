import { execFileSync } from 'node:child_process'
import { expect, it } from '@jest/globals'
import { ensureDbt } from '../../../local/toolchain/index.ts'

it('leaves dbt compiled: a start that may write nothing compiles no module of it', async () => {
  const { python } = await ensureDbt(() => undefined)
  const script = [
    'import os, sys',
    'import dbt.cli.main, dbt.adapters.bigquery',
    'specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]',
    'cached = [spec.cached for spec in specs if spec and spec.cached and "site-packages" in spec.cached]',
    'print(len(cached), [file for file in cached if not os.path.exists(file)][:5])',
  ].join('\n')
  const [count, ...missing] = execFileSync(python, ['-B', '-c', script], { encoding: 'utf8' })
    .trim()
    .split(' ')
  expect(Number(count)).toBeGreaterThan(500)
  expect(missing.join(' ')).toBe('[]')
}, 300_000)
