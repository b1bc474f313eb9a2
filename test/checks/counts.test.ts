/** What the closing line and the table of slow files are made of. */
import { describe, expect, it } from '@jest/globals'
import { closing, readJunit, slowest } from './counts.ts'
import { checks, checksNamed } from './list.ts'

describe('the report of pytest', () => {
  const report =
    '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10" time="9">' +
    '<testcase classname="test.spark.test_sessions" name="a" time="1.5" />' +
    '<testcase classname="test.spark.test_sessions" name="b" time="2.25"><failure message="x" /></testcase>' +
    '<testcase classname="test.spark.test_parsing" name="c" time="0.5" /></testsuite></testsuites>'
  it('is counted, and summed up by file', () => {
    expect(readJunit(report, 1)).toEqual({
      passed: 4,
      failed: 3,
      skipped: 3,
      files: [
        { file: 'test/spark/test_sessions.py', seconds: 3.75 },
        { file: 'test/spark/test_parsing.py', seconds: 0.5 },
      ],
    })
  })
  it('is a failure where pytest failed and counted none', () => {
    expect(readJunit('<testsuite errors="0" failures="0" skipped="0" tests="0">', 5)).toMatchObject({
      passed: 0,
      failed: 1,
    })
  })
})

it('shows the ten slowest files, the slowest first', () => {
  const files = Array.from({ length: 12 }, (_, index) => ({ file: `f${index}`, seconds: index + 0.4 }))
  const lines = slowest(files)
  expect(lines).toHaveLength(10)
  expect([lines[0], lines[9]]).toEqual(['   11 s  f11', '    2 s  f2'])
})

it('ends with what has to be known though nothing failed', () => {
  expect(closing(['ok   types: 1 passed'], '0.1', undefined)).toBe(
    '\nok   types: 1 passed\n\nall in 0.1 minutes\n',
  )
  expect(closing([], '0.1', 'no name yet')).toContain('all in 0.1 minutes\n\nno name yet\n')
})

it('chooses checks by a whole word of their name, or by a part where no name has the word', () => {
  const named = (...words: string[]): string[] => checksNamed(words, checks).map(({ name }) => name)
  expect(named('types')).toEqual(['types', 'types of the actions'])
  expect(named('Terra', 'docum')).toEqual(['generated documents are fresh', 'Terraform'])
  expect(named('nothing')).toEqual([])
})
