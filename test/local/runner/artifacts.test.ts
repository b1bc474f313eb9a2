import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { findFiles } from '../../../local/github/artifacts/artifact-paths.ts'
import type { WorkflowResult } from '../../../local/runner/result.ts'
import { makeRepository, oneJob, onlyJob, stepNamed } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(async () => {
  await repository.remove()
})

describe('artifacts', () => {
  it('are handed from job to job and into called workflows, by name, pattern and all together', async () => {
    await repository.write(
      '.github/workflows/inner.yml',
      `on: workflow_call
jobs:
  takes:
    runs-on: x
    steps:
      - { id: one, uses: actions/download-artifact@v8, with: { name: release, path: '\${{ runner.temp }}/got' } }
      - run: cd "$RUNNER_TEMP/got" && find . -type f | sort | tr '\\n' ' ' && cat deep/b.txt && test ! -x run.sh && test '\${{ steps.one.outputs.download-path }}' = "$PWD"
      - { uses: actions/download-artifact@v8, with: { pattern: log-*, path: logs, merge-multiple: true } }
      - { uses: actions/download-artifact@v8, with: { path: all } }
      - run: find logs all -type f | sort | tr '\\n' ' '
`,
    )
    const result = await repository.run(`on: workflow_dispatch
jobs:
  makes:
    runs-on: x
    outputs: { digest: '\${{ steps.up.outputs.artifact-digest }}', id: '\${{ steps.up.outputs.artifact-id }}', url: '\${{ steps.up.outputs.artifact-url }}' }
    steps:
      - run: mkdir -p out/deep out/.git; echo a > out/a.txt; echo b > out/deep/b.txt; echo h > out/.hidden; echo h > out/.git/config; touch out/run.sh; chmod +x out/run.sh
      - { id: up, uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02, with: { name: release, path: out, retention-days: 5 } }
  logs:
    strategy: { matrix: { n: [1, 2] } }
    runs-on: x
    steps: [{ run: 'echo x > \${{ matrix.n }}.log' }, { uses: actions/upload-artifact@v4, with: { name: 'log-\${{ matrix.n }}', path: '*.log' } }]
  call: { needs: [makes, logs], uses: ./.github/workflows/inner.yml }
`)
    expect(result.conclusion).toBe('success')
    expect(repository.lines).toContain('call/takes │ ./a.txt ./deep/b.txt ./run.sh b')
    expect(repository.lines).toContain(
      'call/takes │ all/log-1/1.log all/log-2/2.log all/release/a.txt all/release/deep/b.txt all/release/run.sh logs/1.log logs/2.log ',
    )
    const { outputs } = result.jobs[0]!
    expect(outputs).toEqual({
      id: '1',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      url: `https://github.com/caec/clickstream/actions/runs/${result.runId}/artifacts/1`,
    })
    expect(await readFile(join(result.directory, 'artifacts', '1', 'a.txt'), 'utf8')).toBe('a\n')
  })

  it('have the same digest for the same files, whatever their age, and another for others', async () => {
    const result = await repository.run(
      oneJob(`
- run: mkdir a b c; echo 1 > a/x; sleep 0.01; echo 1 > b/x; echo 2 > c/x
- { id: a, uses: actions/upload-artifact@v4, with: { name: a, path: a } }
- { id: b, uses: actions/upload-artifact@v4, with: { name: b, path: b/ } }
- { id: c, uses: actions/upload-artifact@v4, with: { name: c, path: c } }`),
    )
    const [a, b, c] = ['a', 'b', 'c'].map((id) => stepNamed(result, id).outputs['artifact-digest'])
    expect([a === b, a === c]).toEqual([true, false])
  })

  it('do not change: a second of the same name is refused unless it overwrites', async () => {
    const upload = (id: string, more = ''): string =>
      `- { id: ${id}, continue-on-error: true, uses: actions/upload-artifact@v4, with: { name: r, path: f${more} } }`
    const result = await repository.run(
      oneJob(`
- run: echo 1 > f
${upload('first')}
- run: echo 2 > f
${upload('second')}
${upload('third', ', overwrite: true')}
- { uses: actions/download-artifact@v4, with: { name: r, path: got } }
- run: cat got/f`),
    )
    expect(['first', 'second', 'third'].map((id) => stepNamed(result, id).outcome)).toEqual([
      'success',
      'failure',
      'success',
    ])
    expect(onlyJob(result).annotations[0]?.message).toMatch(
      /409\) Conflict: an artifact with this name already exists on the workflow run \('r'\); choose another name or write overwrite: true$/,
    )
    expect(repository.lines).toContain('job │ 2')
    await expect(stat(join(result.directory, 'artifacts', '1'))).rejects.toThrow('ENOENT')
  })

  it('of an earlier run are there for a job that may read runs', async () => {
    const made = await repository.run(
      oneJob('- run: echo one > f\n- { uses: actions/upload-artifact@v4, with: { name: r, path: f } }'),
    )
    const take = (runId: string, token: string, permissions: string): Promise<WorkflowResult> =>
      repository.run(
        oneJob(
          `- { id: s, uses: actions/download-artifact@v4, with: { name: r, run-id: "${runId}"${token} } }\n- run: cat f`,
          `permissions: { ${permissions} }`,
        ),
      )
    const token = ', github-token: "${{ github.token }}"'
    const message = async (run: Promise<WorkflowResult>): Promise<string | undefined> =>
      onlyJob(await run).annotations[0]?.message
    expect((await take(made.runId, token, 'actions: read')).conclusion).toBe('success')
    expect(repository.lines).toContain('job │ one')
    expect(await message(take(made.runId, '', 'actions: read'))).toBe(
      'run-id of another run needs a token; write github-token: ${{ github.token }}',
    )
    expect(await message(take(made.runId, token, 'contents: read'))).toMatch(
      /Resource not accessible by integration; write permissions: { actions: read } in the job$/,
    )
    for (const wrong of ['7', `../runs/${made.runId}`])
      expect(await message(take(wrong, token, 'actions: read'))).toContain(
        `there is no run ${wrong} on this state; runs lie in `,
      )
    expect((await take('${{ github.run_id }}', token, 'contents: read')).conclusion).toBe('failure')
  })

  it('never carry credentials: gha-creds-*.json is left out with a warning', async () => {
    const result = await repository.run(
      oneJob(`
- run: echo secret > gha-creds-0a.json; mkdir d; echo secret > d/gha-creds-1b.json; echo fine > fine.json
- { uses: actions/upload-artifact@v4, with: { name: all, path: . } }
- { uses: actions/download-artifact@v4, with: { name: all, path: got } }
- run: find got -type f`),
    )
    expect(
      onlyJob(result).annotations.map(({ level, message }) => `${level}: ${message.slice(0, 60)}`),
    ).toEqual([
      'warning: d/gha-creds-1b.json holds credentials and was left out of th',
      'warning: gha-creds-0a.json holds credentials and was left out of the ',
    ])
    expect(repository.lines).toContain('job │ got/fine.json')
    expect(repository.lines.join('\n')).not.toContain('got/gha-creds')
  })

  it('that hold no file warn, fail or stay silent, as asked', async () => {
    const upload = (id: string, more: string): string =>
      `- { id: ${id}, continue-on-error: true, uses: actions/upload-artifact@v4, with: { path: none*, ${more} } }`
    const result = await repository.run(
      oneJob(
        `${upload('w', 'name: w')}\n${upload('e', 'if-no-files-found: error')}\n${upload('i', 'if-no-files-found: ignore')}\n${upload('x', 'if-no-files-found: maybe')}`,
      ),
    )
    expect(['w', 'e', 'i', 'x'].map((id) => stepNamed(result, id).outcome)).toEqual([
      'success',
      'failure',
      'success',
      'failure',
    ])
    const none = 'No files were found with the provided path: none*. No artifacts will be uploaded.'
    expect(onlyJob(result).annotations.map(({ level, message }) => [level, message])).toEqual([
      ['warning', none],
      ['error', none],
      [
        'error',
        'Unrecognized if-no-files-found input. Provided: maybe. Available options: warn, error, ignore',
      ],
    ])
  })

  it.each([
    [
      'a name no file system takes',
      '- { id: s, uses: actions/upload-artifact@v4, with: { name: "a/b", path: . } }',
      /^The artifact name is not valid: 'a\/b'. Leave out "\/"$/,
    ],
    [
      'an artifact that is not there',
      '- { id: s, uses: actions/download-artifact@v4, with: { name: none } }',
      /^Unable to download artifact\(s\): Artifact not found for name: none; the run has: none$/,
    ],
    [
      'a place outside the job',
      '- { id: s, uses: actions/download-artifact@v4, with: { path: /usr/x } }',
      /^path '\/usr\/x' is outside the job's own directories; write a path in the workspace or below \$\{\{ runner.temp \}\}$/,
    ],
  ])('refuse %s', async (_, step, message) => {
    const result = await repository.run(oneJob(`- run: echo 1 > f\n${step}`))
    expect(onlyJob(result).annotations[0]?.message).toMatch(message)
    expect(stepNamed(result, 's').outcome).toBe('failure')
  })
})

describe('path of upload-artifact', () => {
  const found = async (patterns: string, takesHidden = false): Promise<string[]> =>
    (
      await findFiles(
        patterns,
        (path) => (path.startsWith('/') ? path : join(repository.root, path)),
        takesHidden,
      )
    ).files.map(({ path }) => path)
  beforeEach(async () => {
    for (const file of [
      'a/one.txt',
      'a/two.log',
      'a/b/three.txt',
      'c/four.txt',
      '.dot/five.txt',
      'a/.six',
      'a/{x}.txt',
    ])
      await repository.write(file, file)
  })
  it.each<[string, string, string[]]>([
    ['a file alone, without its directories', 'a/b/three.txt', ['three.txt']],
    ['a directory', 'a/', ['b/three.txt', 'one.txt', 'two.log', '{x}.txt']],
    ['a pattern, from its first wildcard on', 'a/**/*.txt', ['b/three.txt', 'one.txt', '{x}.txt']],
    ['a pattern that names a directory', '[a]/*', ['a/b/three.txt', 'a/one.txt', 'a/two.log', 'a/{x}.txt']],
    [
      'several lines, from their common ancestor',
      'a/b\n# a remark\n\n  c/four.txt',
      ['a/b/three.txt', 'c/four.txt'],
    ],
    ['exclusions, the last rule deciding', 'a\n!a/**/*.txt\na/one.txt', ['one.txt', 'two.log']],
    ['braces as they are', 'a/{x}.txt', ['{x}.txt']],
    ['nothing', 'none/**', []],
  ])('means %s', async (_, patterns, files) => {
    expect(await found(patterns)).toEqual(files)
  })
  it('takes hidden files only when asked', async () => {
    expect(await found('a')).not.toContain('.six')
    expect(await found('a', true)).toContain('.six')
    expect(await found('.dot/five.txt')).toEqual(['five.txt'])
    expect(await found('.dot')).toEqual([])
  })
})
