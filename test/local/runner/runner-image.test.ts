/** What a runner brings along for a run that uses run-dbt: a kept installation, and no dbt on PATH. */
import { expect, it } from '@jest/globals'
import { access, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolCacheOf } from '../../../local/runner/job-root.ts'
import { toolPathsFor } from '../../../local/runner/runner-image.ts'

it('dbt lies where an earlier job would have left it, and nowhere on PATH', async () => {
  const state = await mkdtemp(join(tmpdir(), 'runner image '))
  try {
    const uses = ['example/platform/actions/run-dbt@main', 'example/platform/actions/auth@main']
    // A machine with gsutil has one folder more, which refuses it.
    const paths = await toolPathsFor(uses, state, () => undefined)
    expect(paths.filter((path) => !path.endsWith('/runner/programs'))).toEqual([])
    const kept = join(toolCacheOf(state), 'clickstream-actions')
    const [environment = ''] = await readdir(kept)
    await access(join(kept, environment, 'bin/dbt'))
    // Other runs of this machine read the mark while this one comes again.
    const mark = join(kept, environment, '.complete')
    const before = await stat(mark, { bigint: true })
    await toolPathsFor(uses, state, () => undefined)
    expect((await stat(mark, { bigint: true })).mtimeNs).toBe(before.mtimeNs)
    expect(await toolPathsFor(['example/platform/actions/auth@main'], state, () => undefined)).toEqual(paths)
    expect(await readdir(kept)).toHaveLength(1)
  } finally {
    await rm(state, { recursive: true })
  }
}, 600_000)
