import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { isRunning, makeRepository, oneJob, onlyJob, stepNamed } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeEach(async () => {
  repository = await makeRepository()
})
afterEach(async () => {
  await repository.remove()
})

describe('run steps', () => {
  it('passes outputs on, with hostile content in a heredoc taken as it is', async () => {
    const result = await repository.run(
      oneJob(`
- id: write
  run: |
    { echo 'text<<END'; echo 'a=b'; echo 'x<<y'; echo '::error::not one'; echo ' END'; echo 'END'; echo 'plain=1=2'; } >> "$GITHUB_OUTPUT"
- id: read
  env:
    TEXT: \${{ steps.write.outputs.text }}
  run: test "$TEXT" = $'a=b\\nx<<y\\n::error::not one\\n END' && printf 'it''s %s' "\${{ steps.write.outputs.plain }}"`),
    )
    expect(result.conclusion).toBe('success')
    expect(stepNamed(result, 'write').outputs).toEqual({
      text: 'a=b\nx<<y\n::error::not one\n END',
      plain: '1=2',
    })
    expect(onlyJob(result).annotations).toEqual([])
    expect(repository.lines.join('\n')).toContain('its 1=2')
  })

  it('stops at the first failing command and skips what follows unless told otherwise', async () => {
    const result = await repository.run(
      oneJob(`
- id: breaks
  run: |
    false
    echo never
- id: implicit
  run: echo no
- id: onFailure
  if: failure() && steps.breaks.outcome == 'failure'
  run: echo yes
- id: always
  if: always()
  run: exit 0`),
    )
    expect(result.conclusion).toBe('failure')
    expect(onlyJob(result).steps.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['breaks', 'failure'],
      ['implicit', 'skipped'],
      ['onFailure', 'success'],
      ['always', 'success'],
    ])
    expect(onlyJob(result).annotations).toEqual([
      { level: 'error', message: 'Process completed with exit code 1.', step: 'Run false' },
    ])
    expect(repository.lines.join('\n')).not.toContain('never')
  })

  it('goes on after a failure that continue-on-error forgives, keeping the outcome', async () => {
    const result = await repository.run(
      oneJob(`
- id: breaks
  continue-on-error: \${{ 1 == 1 }}
  run: exit 3
- id: next
  run: echo "\${{ steps.breaks.outcome }} \${{ steps.breaks.conclusion }} \${{ job.status }}"`),
    )
    expect(result.conclusion).toBe('success')
    expect(stepNamed(result, 'breaks')).toMatchObject({ outcome: 'failure', conclusion: 'success' })
    expect(repository.lines.join('\n')).toContain('failure success success')
  })

  it('uses bash without pipefail by default and with it when asked for, and sh and python', async () => {
    const result = await repository.run(
      oneJob(`
- id: plain
  run: false | true
- id: pipefail
  continue-on-error: true
  shell: bash
  run: false | true
- id: sh
  shell: sh
  run: test -z "$BASH_VERSION"
- id: python
  shell: python
  run: |
    import os
    print('python', os.environ['GITHUB_JOB'])`),
    )
    expect(onlyJob(result).steps.map(({ outcome }) => outcome)).toEqual([
      'success',
      'failure',
      'success',
      'success',
    ])
    expect(repository.lines.join('\n')).toContain('python job')
  })

  it('sees env of workflow, job and step, the nearest winning, and what steps add to GITHUB_ENV and GITHUB_PATH', async () => {
    const result = await repository.run(`on: workflow_dispatch
env: { A: workflow, B: workflow, C: workflow }
jobs:
  job:
    runs-on: x
    env: { B: job, C: 'job' }
    steps:
      - env: { C: step }
        run: |
          echo "1:$A $B $C \${{ env.C }}"
          echo 'B=from file' >> "$GITHUB_ENV"
          mkdir bin; printf '#!/bin/sh\\necho tool ran' > bin/tool; chmod +x bin/tool
          echo "$PWD/bin" >> "$GITHUB_PATH"
      - run: echo "2:$A $B $C"; tool
`)
    expect(result.conclusion).toBe('success')
    const shown = repository.lines.join('\n')
    expect(shown).toContain('1:workflow job step step')
    expect(shown).toContain('2:workflow from file job')
    expect(shown).toContain('tool ran')
  })

  it('refuses NODE_OPTIONS in GITHUB_ENV and a heredoc without end, failing the step', async () => {
    const result = await repository.run(
      oneJob(`
- id: options
  continue-on-error: true
  run: echo 'NODE_OPTIONS=--require /tmp/x' >> "$GITHUB_ENV"
- id: open
  continue-on-error: true
  run: echo 'a<<EOF' >> "$GITHUB_OUTPUT"
- run: test -z "$NODE_OPTIONS"`),
    )
    expect(result.conclusion).toBe('success')
    expect(stepNamed(result, 'options').outcome).toBe('failure')
    const messages = onlyJob(result).annotations.map(({ message }) => message)
    expect(messages).toContain("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.")
    expect(messages).toContain("Invalid value. Matching delimiter not found 'EOF'")
  })

  it('masks secrets and added masks everywhere they are shown, also in base64 and over several lines', async () => {
    const secret = 'top-secret-value'
    const result = await repository.run(
      oneJob(`
- run: |
    echo "plain \${{ secrets.KEY }}"; printf 'x%s' "\${{ secrets.KEY }}" | base64
    echo '::add-mask::added-one'; echo added-one
    echo '::add-mask::first line%0Asecond line'; echo 'second line'
    echo "::warning::leak added-one"; echo "summary added-one" >> "$GITHUB_STEP_SUMMARY"`),
      { secrets: { KEY: secret } },
    )
    const shown = repository.lines.join('\n')
    expect(shown).not.toContain(secret)
    expect(shown).not.toContain(Buffer.from(`x${secret}`).toString('base64').slice(4, 16))
    expect(shown.replace(/add-mask::added-one/g, '')).not.toContain('added-one\n')
    expect(shown).not.toContain('second line\n')
    expect(onlyJob(result).annotations).toMatchObject([{ level: 'warning', message: 'leak ***' }])
    expect(onlyJob(result).summary).toContain('summary ***')
  })

  it('masks the place of an annotation and removes control characters of both kinds', async () => {
    const result = await repository.run(
      oneJob(`
- run: |
    echo '::add-mask::hidden-one'; echo '::error file=hidden-one/a.py,line=3::bad'
    printf 'x\\302\\233[2Jy\\n'`),
    )
    expect(onlyJob(result).annotations).toMatchObject([{ message: 'bad', file: '***/a.py', line: 3 }])
    expect(repository.lines.join('\n')).toContain('x[2Jy')
  })

  it('collects annotations with their place and ignores commands between stop-commands and its token', async () => {
    const result = await repository.run(
      oneJob(`
- name: Checks
  run: |
    echo '::error file=a b.py,line=3,endLine=4,col=2,title=Bad%3A thing::first%0Asecond 100%25'
    echo '::stop-commands::pause-1'; echo '::error::ignored'; echo '::pause-1::'
    echo '::notice::after'; echo '::unknown::shown as text'; echo '::set-env name=A::b'`),
    )
    expect(onlyJob(result).annotations).toEqual([
      {
        level: 'error',
        message: 'first\nsecond 100%',
        title: 'Bad: thing',
        file: 'a b.py',
        line: 3,
        endLine: 4,
        column: 2,
        step: 'Checks',
      },
      { level: 'notice', message: 'after', step: 'Checks' },
      {
        level: 'error',
        message: 'The `set-env` command is disabled. Use environment files.',
        step: 'Checks',
      },
    ])
    expect(repository.lines.join('\n')).toContain('::unknown::shown as text')
  })

  it("gives steps the runner's variables and nothing of the caller's", async () => {
    process.env.CALLER_SECRET = 'leaks'
    const result = await repository.run(
      oneJob(`
- run: |
    env | cut -d= -f1 | sort | tr '\\n' ' '
    test "$HOME" != "${process.env.HOME ?? ''}" && test "$PWD" = "$GITHUB_WORKSPACE" && test -f "$GITHUB_EVENT_PATH"`),
    )
    delete process.env.CALLER_SECRET
    expect(result.conclusion).toBe('success')
    const names = repository.lines.find((line) => line.includes('GITHUB_OUTPUT')) ?? ''
    expect(names).not.toMatch(/CALLER_SECRET|npm_|ACTIONS_ID_TOKEN/)
    for (const name of ['GITHUB_SHA', 'GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'RUNNER_TEMP', 'RUNNER_OS', 'CI'])
      expect(names).toContain(name)
  })

  it('ends a step that runs past its timeout, with all its processes', async () => {
    const result = await repository.run(
      oneJob(`
- id: slow
  timeout-minutes: 0.005
  run: |
    sleep 300 & echo "child $!"
    wait`),
    )
    expect(stepNamed(result, 'slow').outcome).toBe('failure')
    expect(onlyJob(result).annotations.at(-1)?.message).toMatch(/has timed out after 0.005 minutes/)
    const child = Number(/child (\d+)/.exec(repository.lines.join('\n'))?.[1])
    expect(isRunning(child)).toBe(false)
  })
})
