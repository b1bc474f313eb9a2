/** What a command runs beside its nodes' own queries, and no dry run tells of; it refuses to guess what that reads. */
import type { Command } from './commands.ts'

export interface HookedNode {
  readonly name?: string
  readonly resource_type?: string
  readonly tags?: readonly string[]
  readonly config?: { readonly 'pre-hook'?: readonly unknown[]; readonly 'post-hook'?: readonly unknown[] }
}

/** Verbs that run hooks; `compile` and `ls` leave them out. */
const HOOKED = ['build', 'run', 'seed', 'snapshot', 'test']

/**
 * @param nodes of the whole project: hooks of a run are nodes of their own.
 * @param selected those that the command acts on.
 */
export function hooksOf(
  { verb }: Pick<Command, 'verb'>,
  nodes: readonly HookedNode[],
  selected: readonly HookedNode[],
): string[] {
  if (!HOOKED.includes(verb) || selected.length === 0) return []
  const ofRun = ['on-run-start', 'on-run-end'].filter((tag) =>
    nodes.some(({ resource_type: type, tags = [] }) => type === 'operation' && tags.includes(tag)),
  )
  const ofNodes = selected.flatMap(({ name, config }) =>
    [...(config?.['pre-hook'] ?? []), ...(config?.['post-hook'] ?? [])].length > 0
      ? [`hooks of ${name}`]
      : [],
  )
  return [...ofRun, ...ofNodes]
}
