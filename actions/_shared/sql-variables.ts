/**
 * Puts the values of the input `variables` into SQL texts, before anything reads them. It refuses a value that
 * could end a string, a name or a line, and a name that the input does not give.
 */
import { InputError, wrongValue } from './errors.ts'
import type { Inputs } from './runner/inputs.ts'

export type Variables = Readonly<Record<string, string>>

/** Projects, datasets, tables, buckets, dates, numbers: wherever one is put, it stays a part of one word. */
const VALUE = /^(?:[\w.:](?:[\w.:-]*[\w.:])?)?$/
const PLACE = /\$\$\{|\$\{(?:([A-Za-z_]\w*)\})?/g

export function parseVariables(raw: Pick<Inputs, 'pairs'>): Variables {
  const variables = raw.pairs('variables')
  for (const [name, value] of Object.entries(variables)) {
    if (!/^[A-Za-z_]\w{0,99}$/.test(name))
      throw wrongValue('variables', name, 'names of letters, digits and underscores')
    if (!VALUE.test(value) || value.includes('--') || value.length > 1024)
      throw wrongValue(
        'variables',
        `${name}=${value}`,
        'values of letters, digits, "_", ".", ":" and single "-" between them',
      )
  }
  return variables
}

/** @param text of `file`; `$${` becomes `${`. @returns what is wrong with it, as sentences, if anything is. */
export function fillIn(
  text: string,
  file: string,
  variables: Variables,
): { readonly text: string; readonly wrong: readonly string[] } {
  const wrong: string[] = []
  const filled = text.replace(PLACE, (whole: string, name: string | undefined, at: number) => {
    if (whole === '$${') return '${'
    const place = `${file}:${text.slice(0, at).split('\n').length}`
    if (name === undefined)
      wrong.push(`${place} has a \${ that begins no \${name}; write $\${ for the two signs`)
    else if (Object.hasOwn(variables, name)) return variables[name]!
    else wrong.push(`${place} asks for \${${name}}`)
    return whole
  })
  return { text: filled, wrong }
}

export function refuseUnknown(noun: string, wrong: readonly string[], variables: Variables): void {
  if (wrong.length === 0) return
  const given = Object.keys(variables).join(', ') || 'none'
  throw new InputError(
    `Reading the ${noun}s: ${wrong.join('; ')}; the input variables gives ${given}, add a line name=value.`,
    { input: 'variables', given, accepted: 'a line name=value for each ${name}', problem: 'sql-variables' },
  )
}
