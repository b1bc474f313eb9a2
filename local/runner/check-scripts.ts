/**
 * What a script calls that cannot work here: a program that leaves the machine whatever it is told, one that is not
 * installed, an installation without a network. It reads words at the place of a command and refuses nothing else.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Machine {
  /** Steps cannot reach the network. */
  readonly isSealed: boolean
  readonly has: (program: string) => boolean
}

export const thisMachine = (isSealed: boolean): Machine => ({
  isSealed,
  has: (program) =>
    (process.env.PATH ?? '')
      .split(delimiter)
      .some((folder) => folder !== '' && existsSync(join(folder, program))),
})

/** At the start of a line or behind what begins a command; not in a comment, a quoted word or a path. */
const called = (words: string): RegExp =>
  new RegExp(`(?:^|[;&|(\`]|\\b(?:then|do|else|time|exec)\\s)\\s*${words}(?=\\s|$)`, 'm')

const gsutil = called('gsutil')
const installations: Readonly<Record<string, RegExp>> = {
  'pip install': called(String.raw`(?:python3?(?:\.\d+)?\s+-m\s+|uv\s+)?pip3?\s+install`),
  'npm install': called(String.raw`(?:npm\s+(?:ci|i|install)|yarn(?:\s+install)?|pnpm\s+(?:i|install))`),
  'apt-get install': called(String.raw`(?:sudo\s+)?apt(?:-get)?\s+(?:-\S+\s+)*install`),
}
/** A word that says where else packages come from than the network. */
const hasOwnSource = /--no-index|--offline|127\.0\.0\.1|localhost/

export const scriptMistakes = (script: string, machine: Machine | undefined): string[] => {
  const text = script.replaceAll(/^\s*#.*$/gm, '').replaceAll(/\\\r?\n/g, ' ')
  const mistakes: string[] = []
  if (gsutil.test(text))
    mistakes.push(
      'gsutil takes no other endpoint and would leave the local cloud for Google; write gcloud storage instead',
    )
  if (machine === undefined) return mistakes
  for (const program of ['gcloud', 'bq'])
    if (called(program).test(text) && !machine.has(program))
      mistakes.push(
        `${program} is not on this machine; install the Google Cloud CLI, or leave the job out with --without-job`,
      )
  for (const [name, words] of Object.entries(installations))
    if (machine.isSealed && words.test(text) && !hasOwnSource.test(text))
      mistakes.push(
        `${name} needs the network, which steps do not have here; run with --allow-network (Google's endpoints stay local), or leave the job out with --without-job`,
      )
  return mistakes
}
