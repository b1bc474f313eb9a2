/** Results as JUnit XML: every verdict, a command that failed without a node, and signs that XML cannot hold. */
import { expect, it } from '@jest/globals'
import { renderJunit } from '../../../actions/run-dbt/src/junit.ts'
import type { CommandResult, NodeResult, Verdict } from '../../../actions/run-dbt/src/results.ts'

const node = (name: string, verdict: Verdict, message = '', over: Partial<NodeResult> = {}): NodeResult => ({
  id: `model.x.${name}`,
  name,
  resourceType: 'model',
  status: verdict,
  verdict,
  message,
  seconds: 1.25,
  ...over,
})
const result = (over: Partial<CommandResult>): CommandResult => ({
  isSuccess: false,
  exitCode: 1,
  seconds: 2,
  nodes: [],
  ...over,
})

it('says of each node what became of it', () => {
  const nodes = [
    node('a', 'passed', '', { file: 'models/a&b.sql' }),
    node('b', 'failed', 'no <such> "column" & \u0000 \ud800 more'),
    node('c', 'skipped'),
    node('d', 'warned', '3 rows'),
  ]
  expect(renderJunit([{ name: 'dbt build', result: result({ nodes }) }]))
    .toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="dbt">
  <testsuite name="dbt build" tests="4" failures="1" errors="0" skipped="1" time="2.000">
    <testcase classname="model" name="a" time="1.250" file="models/a&#38;b.sql"/>
    <testcase classname="model" name="b" time="1.250">
      <failure message="failed">no &#60;such&#62; &#34;column&#34; &#38; \ufffd \ufffd more</failure>
    </testcase>
    <testcase classname="model" name="c" time="1.250"><skipped/></testcase>
    <testcase classname="model" name="d" time="1.250"><system-out>warned: 3 rows</system-out></testcase>
  </testsuite>
</testsuites>
`)
})

it('a command that failed before its first node is an error of its own', () => {
  const exception = 'Compilation Error: <ref>'
  const written = renderJunit([
    { name: 'dbt run "a"', result: result({ exitCode: 2, exception }) },
    { name: 'dbt test', result: result({ isSuccess: true, exitCode: 0 }) },
  ])
  expect(written).toContain('tests="1" failures="0" errors="1"')
  expect(written).toContain('name="dbt run &#34;a&#34;"><error>Compilation Error: &#60;ref&#62;</error>')
  expect(written).toContain('<testsuite name="dbt test" tests="0" failures="0" errors="0"')
})
