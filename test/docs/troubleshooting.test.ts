/**
 * docs/troubleshooting.md and the actions know the same problems: each id a step can print has an entry, and
 * each entry is printed by something.
 */
import { describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  ConflictError,
  GitHubApiError,
  GoogleApiError,
  InputError,
  RefusedError,
  WorkFailedError,
  wrongValue,
  type ErrorCode,
} from '../../actions/_shared/errors.ts'
import { PROBLEMS } from '../../actions/_shared/problems.ts'
import { readContext } from '../../actions/_shared/runner/context.ts'
import { anchorsOf } from './markdown.ts'

const root = path.resolve(import.meta.dirname, '../..')
const page = readFileSync(path.join(root, 'docs/troubleshooting.md'), 'utf8')
const entries = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section.split(/^## /m)[0] ?? '']),
)
const sources = fastGlob
  .sync('actions/**/*.ts', { cwd: root, ignore: ['**/node_modules/**'] })
  .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))

/** One error of each class without a finer problem. */
const general: Readonly<Record<ErrorCode, string>> = {
  INPUT: new InputError('x', { input: 'x' }).problem,
  GOOGLE_API: new GoogleApiError('x', {
    status: 400,
    reason: 'x',
    method: 'x',
    resource: 'x',
    isRetryable: false,
  }).problem,
  GITHUB_API: new GitHubApiError('x', { status: 500 }).problem,
  CONFLICT: new ConflictError('x', { step: 'x', expected: 'x', found: 'x' }).problem,
  REFUSED: new RefusedError('x', { what: 'x' }).problem,
  WORK_FAILED: new WorkFailedError('x').problem,
}

describe('docs/troubleshooting.md', () => {
  it('explains every problem a step can print, in the order of the list, and no other', () => {
    expect([...entries.keys()]).toEqual([...PROBLEMS])
    expect([...anchorsOf(page)]).toEqual(expect.arrayContaining([...PROBLEMS]))
  })

  it('is reached by every entry: some source names the problem, or it stands for a class', () => {
    const named = new Set(
      sources
        .filter(({ file }) => !file.endsWith('/problems.ts'))
        .flatMap(({ text }) =>
          [...text.matchAll(/problem:[^,}]*/g)].flatMap(([line]) =>
            [...line.matchAll(/'([\w-]+)'/g)].map((match) => match[1]),
          ),
        ),
    )
    const unreached = PROBLEMS.filter(
      (id) => !named.has(id) && !Object.values(general).includes(id) && id !== 'unexpected',
    )
    expect(unreached).toEqual([])
  })

  it.each([...entries])('says of %s what one sees, why, what to do, and how to check', (_id, text) => {
    for (const part of ['You see', 'Why', 'Do', 'Check'])
      expect(text.match(new RegExp(`^- \\*\\*${part}\\*\\* \\S`, 'gm'))).toHaveLength(1)
  })

  it('files each problem under the code that carries it', () => {
    for (const [code, problem] of Object.entries(general)) {
      const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(`| ${code} |`)) ?? ''
      expect([code, row]).toEqual([code, expect.stringContaining(`(#${problem})`)])
    }
    const listed = [...page.slice(0, page.indexOf('\n## ')).matchAll(/\(#([\w-]+)\)/g)].map(
      (match) => match[1],
    )
    expect(listed).toEqual([...PROBLEMS])
  })
})

describe('the link of a message', () => {
  const runner = {
    GITHUB_REPOSITORY: 'octo/clicks',
    GITHUB_SHA: 'abc',
    GITHUB_SERVER_URL: 'https://github.com',
  }
  it("leads to the action's own repository at the ref that was used", () => {
    expect(
      readContext({ ...runner, GITHUB_ACTION_REPOSITORY: 'acme/actions', GITHUB_ACTION_REF: 'release/v1' })
        .troubleshootingUrl,
    ).toBe('https://github.com/acme/actions/blob/release/v1/docs/troubleshooting.md')
  })
  it("leads to the checkout's commit for an action of the checkout", () => {
    expect(
      readContext({ ...runner, GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' }).troubleshootingUrl,
    ).toBe('https://github.com/octo/clicks/blob/abc/docs/troubleshooting.md')
  })
  it('follows the server of an enterprise, cannot be led astray by a ref, and is absent outside a runner', () => {
    expect(
      readContext({
        ...runner,
        GITHUB_SERVER_URL: 'https://git.example',
        GITHUB_ACTION_REPOSITORY: 'a/b',
        GITHUB_ACTION_REF: 'x?y#z',
      }).troubleshootingUrl,
    ).toBe('https://git.example/a/b/blob/x%3Fy%23z/docs/troubleshooting.md')
    expect(readContext({}).troubleshootingUrl).toBe('')
  })
})

describe('messages', () => {
  it('of a wrong value name the input, the value on one line, what is accepted, and where to correct it', () => {
    const error = wrongValue('region', 'us\ncentral1', 'a region such as us-central1')
    expect(error.message).toBe(
      'Reading input region: "us\\ncentral1" is not a region such as us-central1; correct it in the step\'s "with".',
    )
    expect(wrongValue('x', 'y'.repeat(500), 'short').message.length).toBeLessThan(220)
  })
})
