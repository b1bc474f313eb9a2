/**
 * The commands of this house: up, run, demo, doctor. It picks one, turns a failure into one sentence and an
 * exit code, and does no work itself.
 */
import { resolve } from 'node:path'
import process from 'node:process'
import { calledAs, isPacked } from './called-as.ts'
import { explainOption } from './option-mistakes.ts'
import { UsageError } from './usage-error.ts'

type Command = (argv: string[], repositoryRoot: string) => Promise<number>

/** Loaded on use: `doctor` must work where an engine's library does not load. */
interface Entry {
  readonly load: () => Promise<Command>
  readonly words: string
  /** Where the command does not show its own. */
  readonly help?: string
}
const commands: Readonly<Record<string, Entry>> = {
  up: {
    load: async () => (await import('./up.ts')).up,
    words: 'up [--port N] [--state DIR]           the local cloud, until Ctrl-C',
    help: `${calledAs} up [options]
  --port N            where it answers, from 0 to 65535; 0, the default, takes a free one
  --state DIR         where it keeps its data, default .local${isPacked ? '' : ' of this checkout'}
  --environment FILE  names and sizes of your own, in the form of environment.yaml
  --access FILE       rights of your own, in the form of access.yaml
The last line of stdout says where it is, as JSON. docs/local-cloud.md says what it can do.`,
  },
  run: {
    load: async () => (await import('./runner/command.ts')).run,
    words: 'run FILE [--input k=v]…               a workflow file, as on GitHub',
  },
  // Its events, its page and the browser for it stay with the checkout.
  ...(isPacked
    ? {}
    : {
        demo: {
          load: async () => (await import('./demo/command.ts')).demo,
          words: 'demo [--events FILE] [--size …] …     the whole pipeline and its page',
        },
      }),
  doctor: {
    load: async () => (await import('./doctor.ts')).doctor,
    words: 'doctor [--state DIR]                  what this machine has and lacks',
    help: `${calledAs} doctor [options]
  --state DIR    the state it looks at, default .local${isPacked ? '' : ' of this checkout'}
  --environment FILE, --access FILE   names and rights of your own, to be checked
It installs nothing and changes nothing; exit code 1 when something is lacking.`,
  },
}

async function main([name = '', ...argv]: string[]): Promise<number> {
  const isHelp = ['', 'help', '--help', '-h'].includes(name)
  if (isHelp || !Object.hasOwn(commands, name)) {
    if (!isHelp) say(`There is no command '${name}'.`)
    say(['Commands:', ...Object.values(commands).map(({ words }) => `  ${words}`)].join('\n'))
    return isHelp && name !== '' ? 0 : 1
  }
  const { load, help } = commands[name]!
  if (help !== undefined && argv.some((word) => word === '--help' || word === '-h')) {
    say(help)
    return 0
  }
  const command = await load()
  return command(argv, resolve(import.meta.dirname, '..')).catch((error: unknown) => {
    throw help !== undefined && isUnknownOption(error) ? new UsageError(explainOption(error, help)) : error
  })
}

const isUnknownOption = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'

/** Mistakes of a person carry their own sentence; anything else is ours and shows where. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isForPeople = ['ConfigurationError', 'UsageError'].includes(error.name)
  if (isForPeople) return error.message
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return error.message
    case 'ENOSPC':
      return 'The disk is full; make room and run the same command again.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `No permission: ${error.message}`
    default:
      return process.env.DEBUG
        ? (error.stack ?? error.message)
        : `${error.name}: ${error.message} (DEBUG=1 shows where)`
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    say(explain(error))
    process.exitCode = 1
  },
)
