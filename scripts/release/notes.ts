/**
 * Words of a release: what changed for users, what that means for their workflows, and how to pin and verify
 * it.
 */
import type { Difference } from './differences.ts'
import type { NextVersion } from './next-version.ts'

/**
 * `home` is where the repository is on GitHub, when the release is made there; a relative link would lead
 * nowhere from a release's page.
 */
export function writeNotes(
  next: NextVersion,
  differences: readonly Difference[],
  baseline: string | undefined,
  home: string | undefined,
): string {
  const name = home === undefined ? 'OWNER/REPO' : new URL(home).pathname.slice(1)
  return `${[
    next.changes,
    '### The interface',
    interfaceTable(differences, baseline),
    '### Pin it',
    `By the commit, which nobody can move (the tag \`${next.tag}\` is immutable and names the same commit; \`${next.majorTag}\` moves with every release of this major):`,
    `\`\`\`yaml\n- uses: ${name}/actions/NAME@${next.commit} # ${next.tag}\n\`\`\``,
    `How to verify what you pinned: ${home === undefined ? 'SECURITY.md' : `[SECURITY.md](${home}/blob/${next.tag}/SECURITY.md)`}.`,
  ].join('\n\n')}\n`
}

export function interfaceTable(differences: readonly Difference[], baseline: string | undefined): string {
  if (baseline === undefined) return 'First release: there is nothing to compare with.'
  if (differences.length === 0)
    return `Inputs, outputs, defaults, schemas and permissions are those of ${baseline}.`
  const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
  return [
    `Compared with ${baseline}:`,
    '',
    '| What | Change | Kind |',
    '|---|---|---|',
    ...differences.map(({ what, change, bump }) => `| ${cell(what)} | ${cell(change)} | ${bump} |`),
  ].join('\n')
}
