/**
 * The tables of docs/workflows.md, made from the workflow files; prose between the markers is not its
 * business.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

interface WorkflowFile {
  readonly on: {
    readonly workflow_call: {
      readonly inputs?: Readonly<Record<string, Input>>
      readonly outputs?: Readonly<Record<string, { readonly description: string }>>
    }
  }
  readonly jobs: Readonly<Record<string, Job>>
}
interface Input {
  readonly description: string
  readonly type: string
  readonly required?: boolean
  readonly default?: string | number | boolean
}
interface Job {
  readonly needs?: string | readonly string[]
  readonly permissions: Readonly<Record<string, string>>
  readonly environment?: string
  readonly 'timeout-minutes': number
}

const oneCell = (text: string): string => text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|')
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

export const documentedWorkflows = ['build', 'deploy', 'test', 'comment'] as const

/** Inputs, outputs and jobs of one reusable workflow, as Markdown. */
export function workflowTables(root: string, name: string): string {
  const { on, jobs } = parse(
    readFileSync(path.join(root, `.github/workflows/${name}.yml`), 'utf8'),
  ) as WorkflowFile
  const inputs = Object.entries(on.workflow_call.inputs ?? {}).map(
    ([input, { description, type, required, default: fallback }]) => [
      `\`${input}\``,
      type,
      required === true ? 'yes' : '',
      fallback === undefined || fallback === '' ? '' : `\`${oneCell(String(fallback))}\``,
      oneCell(description),
    ],
  )
  const outputs = Object.entries(on.workflow_call.outputs ?? {}).map(([output, { description }]) => [
    `\`${output}\``,
    oneCell(description),
  ])
  const rows = Object.entries(jobs).map(([id, job]) => [
    `\`${id}\``,
    [job.needs ?? []]
      .flat()
      .map((need) => `\`${need}\``)
      .join(', '),
    Object.entries(job.permissions)
      .map(([scope, level]) => `\`${scope}: ${level}\``)
      .join(', ') || 'none',
    job.environment === undefined ? '' : 'yes',
    String(job['timeout-minutes']),
  ])
  return [
    table(['Input', 'Type', 'Required', 'Default', 'Meaning'], inputs),
    '',
    table(['Output', 'Meaning'], outputs),
    '',
    table(['Job', 'After', 'Permissions', 'GitHub environment', 'Minutes at most'], rows),
  ].join('\n')
}
