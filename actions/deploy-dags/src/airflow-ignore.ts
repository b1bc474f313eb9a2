/**
 * Which files Airflow's `.airflowignore` files hide from it, as Airflow reads them: in every folder, as regular
 * expressions or as globs. It refuses nothing: what Airflow cannot read hides nothing there either.
 */
import ignore from 'ignore'

export type IgnoreSyntax = 'regexp' | 'glob'
export const AIRFLOW_IGNORE = '.airflowignore'

type Rule = (name: string, isFolder: boolean) => 'hidden' | 'shown' | undefined

/**
 * @param files the text of each `.airflowignore` by its folder ('' for the top).
 * @returns whether Airflow passes over a file, by its path below the DAG folder.
 */
export function airflowIgnore(
  files: ReadonlyMap<string, string>,
  syntax: IgnoreSyntax,
): (name: string) => boolean {
  const known = new Map<string, { isHidden: boolean; rules: readonly Rule[] }>()
  const rulesOf = (folder: string): Rule[] =>
    // As Airflow does: comments go wherever they begin, blanks stay.
    (files.get(folder) ?? '')
      .split(/\r\n|\r|\n/)
      .map((line) => line.replace(/\s*#.*/, ''))
      .filter((line) => line !== '')
      .flatMap((line) => (syntax === 'regexp' ? regexpRule(line) : globRule(line, folder)) ?? [])
  const look = (folder: string): { isHidden: boolean; rules: readonly Rule[] } => {
    const before = known.get(folder)
    if (before !== undefined) return before
    const above = folder === '' ? { isHidden: false, rules: [] } : look(parentOf(folder))
    // A hidden folder is not entered: nothing in it can be taken back.
    const isHidden = above.isHidden || (folder !== '' && isHiddenBy(above.rules, folder, true, syntax))
    const found = { isHidden, rules: [...above.rules, ...rulesOf(folder)] }
    known.set(folder, found)
    return found
  }
  return (name) => {
    const { isHidden, rules } = look(parentOf(name))
    return isHidden || isHiddenBy(rules, name, false, syntax)
  }
}

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')))

function isHiddenBy(rules: readonly Rule[], name: string, isFolder: boolean, syntax: IgnoreSyntax): boolean {
  const verdicts = rules.map((rule) => rule(name, isFolder)).filter((verdict) => verdict !== undefined)
  return syntax === 'regexp' ? verdicts.length > 0 : verdicts.at(-1) === 'hidden'
}

/** Searched anywhere in the path below the DAG folder, also when a deeper file holds it. */
function regexpRule(line: string): Rule | undefined {
  const flags = /^\(\?i\)/.test(line) ? 'i' : ''
  const source = line
    .replace(/^\(\?i\)/, '')
    .replaceAll('(?P<', '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\[Zz]/g, '$')
  try {
    const pattern = new RegExp(source, flags)
    return (name) => (pattern.test(name) ? 'hidden' : undefined)
  } catch {
    return undefined
  }
}

/** gitignore's language, one pattern at a time; the last one that fits decides. */
function globRule(line: string, folder: string): Rule | undefined {
  if (line.trim() === '/') return undefined
  const isNegated = line.startsWith('!')
  const pattern = isNegated ? line.slice(1) : line
  const isOfFolder = line.startsWith('/') || line.replace(/\/+$/, '').includes('/')
  const isForFolders = pattern.trimEnd().endsWith('/')
  const rules = ignore({ ignorecase: false }).add(pattern)
  return (name, isFolder) => {
    if (isForFolders && !isFolder) return undefined
    const below = isOfFolder
      ? name.slice(folder === '' ? 0 : folder.length + 1)
      : name.slice(name.lastIndexOf('/') + 1)
    if (!rules.ignores(isFolder ? `${below}/` : below)) return undefined
    return isNegated ? 'shown' : 'hidden'
  }
}
