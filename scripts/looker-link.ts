/**
 * The links of Looker Studio's Linking API over a project's views, for docs/looker.md and `npm run docs -- --looker`:
 * https://developers.google.com/looker-studio/integrate/linking-api. It refuses what is no project or report id.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { viewNames } from '../local/demo/view-names.ts'

const CREATE = 'https://lookerstudio.google.com/reporting/create?'
const NAME = 'Clickstream'
export const LOOKER_USAGE = 'npm run docs -- --looker PROJECT [REPORT_ID]'

/** What the report page shows; the products with their names hold the others. */
export const boardViews: readonly string[] = viewNames.filter((name) => name !== 'kpi_top_products')

const source = (prefix: string, project: string, view: string): [string, string][] => [
  [`${prefix}.connector`, 'bigQuery'],
  [`${prefix}.datasourceName`, view],
  [`${prefix}.type`, 'TABLE'],
  [`${prefix}.projectId`, project],
  [`${prefix}.datasetId`, 'caec_insights'],
  [`${prefix}.tableId`, view],
  [`${prefix}.billingProjectId`, project],
]
const link = (parameters: [string, string][]): string => `${CREATE}${new URLSearchParams(parameters)}`

/** A blank report over one view: Google documents no more than one source without a report to copy. */
export const firstLink = (project: string): string =>
  link([['c.mode', 'edit'], ['r.reportName', NAME], ...source('ds', project, boardViews[0]!)])

/** The finished report, whose sources have the views' names as aliases, over another project's views. */
export const boardLink = (project: string, reportId: string): string =>
  link([
    ['c.reportId', reportId],
    ['r.reportName', NAME],
    ...boardViews.flatMap((view) => source(`ds.${view}`, project, view)),
  ])

/** The links for a project, or why there is none. */
export function lookerLinks(
  words: readonly string[],
): { readonly links: string[] } | { readonly why: string } {
  const [project = '', reportId, ...more] = words
  if (more.length > 0 || !/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(project))
    return {
      why: `"${words.join(' ')}" is not a project id, with or without a report id; usage: ${LOOKER_USAGE}`,
    }
  if (reportId !== undefined && !/^[\w-]{20,}$/.test(reportId))
    return {
      why: `"${reportId}" is not a report id, which stands in the report's address; usage: ${LOOKER_USAGE}`,
    }
  return { links: [reportId === undefined ? firstLink(project) : boardLink(project, reportId)] }
}

export function lookerPage(
  root: string,
  between: (document: string, marker: string, body: string, file: string) => string,
): { file: string; text: string } {
  const file = 'docs/looker.md'
  const block = (text: string): string => ['```text', text, '```'].join('\n')
  const text = readFileSync(path.join(root, file), 'utf8')
  const first = between(text, 'first', block(firstLink('caec-prod')), file)
  return { file, text: between(first, 'board', block(boardLink('caec-prod', 'REPORT_ID')), file) }
}
