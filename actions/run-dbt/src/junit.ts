/** Writes results as JUnit XML, the one form every test reporter reads; it refuses characters XML cannot hold. */
import type { CommandResult } from './results.ts'

export function renderJunit(
  commands: readonly { readonly name: string; readonly result: CommandResult }[],
): string {
  const suites = commands.map(({ name, result }) => {
    const of = (verdict: string): number => result.nodes.filter((node) => node.verdict === verdict).length
    const cases = result.nodes.map((node) => {
      const head = `    <testcase classname="${text(node.resourceType)}" name="${text(node.name)}" time="${node.seconds.toFixed(3)}"${node.file === undefined ? '' : ` file="${text(node.file)}"`}`
      if (node.verdict === 'failed')
        return `${head}>\n      <failure message="${text(node.status)}">${text(node.message)}</failure>\n    </testcase>`
      if (node.verdict === 'skipped') return `${head}><skipped/></testcase>`
      return node.verdict === 'warned'
        ? `${head}><system-out>${text(`${node.status}: ${node.message}`)}</system-out></testcase>`
        : `${head}/>`
    })
    const error =
      result.isSuccess || result.nodes.some(({ verdict }) => verdict === 'failed')
        ? []
        : [
            `    <testcase classname="command" name="${text(name)}"><error>${text(result.exception ?? 'failed')}</error></testcase>`,
          ]
    return [
      `  <testsuite name="${text(name)}" tests="${result.nodes.length + error.length}" failures="${of('failed')}" errors="${error.length}" skipped="${of('skipped')}" time="${result.seconds.toFixed(3)}">`,
      ...cases,
      ...error,
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="dbt">',
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function text(value: string): string {
  return value
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`)
}
