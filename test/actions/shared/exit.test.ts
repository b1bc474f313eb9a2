/** A process that ends before its report says so, in a real process of its own. */
import { expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const module = pathToFileURL(resolve(import.meta.dirname, '../../../actions/_shared/runner/exit.ts')).href
const end = (work: string, isFailure = true): { status: number | null; said: string } => {
  const script = `const { watchExit } = await import(${JSON.stringify(module)})
const watch = watchExit('deploy-dags', { isFailure: ${isFailure}, tell: (text) => process.stdout.write(text) })
watch.at('looking at what is there')
${work}`
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', script],
    {
      encoding: 'utf8',
    },
  )
  return { status, said: stdout }
}

it.each([
  [
    'a promise that never settles',
    'void new Promise(() => undefined).then(() => watch.isReported())',
    1,
    'it waited for an answer that can no longer come',
  ],
  [
    'an error that nobody caught',
    "setTimeout(() => { throw new Error('x') })",
    1,
    'an error that nobody caught, above',
  ],
  ['a library that exits', 'process.exit(0)', 1, 'it waited for an answer'],
  [
    'a cancellation without an end',
    'process.exit(130)',
    130,
    'the run was cancelled and what was under way did not end in time',
  ],
])('%s is told with its place', (_, work, status, why) => {
  const found = end(work)
  expect(found.status).toBe(status)
  expect(found.said).toContain(
    `deploy-dags: it ended without a report while looking at what is there: ${why}`,
  )
})
it('says nothing of an end after the report', () =>
  expect(end('watch.isReported(); process.exitCode = 0')).toEqual({ status: 0, said: '' }))
it('lets the job go on after a post step', () => expect(end('', false).status).toBe(0))
