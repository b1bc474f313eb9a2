export interface PlanSummary {
  readonly title: string
  readonly lines: readonly string[]
  readonly counts: Readonly<Record<'create' | 'update' | 'replace' | 'delete' | 'forget', number>>
  readonly isEmpty: boolean
  readonly isDestructive: boolean
}
export function summarize(plan: unknown): PlanSummary
export function toMarkdown(summary: PlanSummary, heading: string): string
