/** What to say of an option nobody knows: the near one of the command's own help. It corrects nothing by itself. */

import { distance } from './edit-distance.ts'

/** `help` names every option of the command as `--name`. */
export function explainOption(error: unknown, help: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message
  const given = /'(--?[^\s'=]+)/.exec(message)?.[1] ?? ''
  const known = optionsOf(help)
  const near = nearest(given, known)
  return `There is no option ${given}; ${near ? `is ${near} meant?` : `there are ${known.join(', ')}.`}`
}

/** The same for a verb whose help is its usage line. */
export function unknownOption(given: string, usage: string): string {
  const near = nearest(given.split('=', 1)[0]!, optionsOf(usage))
  return `there is no option ${given}${near ? `, is ${near} meant?` : ''}; usage: ${usage}`
}

const optionsOf = (help: string): string[] => [...new Set(help.match(/--[a-z][a-z-]*/g) ?? [])]

const nearest = (given: string, known: readonly string[]): string | undefined =>
  known
    .map((name) => ({ name, steps: distance(given, name) }))
    .filter(({ name, steps }) => steps <= Math.max(2, Math.floor((name.length - 2) / 3)))
    .sort((a, b) => a.steps - b.steps)[0]?.name
