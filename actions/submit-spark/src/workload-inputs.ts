/**
 * Reads what runs: main, arguments and lists of files. It refuses kinds of files that Google would refuse, before
 * anything is uploaded.
 */
import { InputError, quotedValue, wrongValue } from '../../_shared/errors.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'
import { readProperties } from './properties.ts'
import type { SparkInputs } from './spark-inputs.ts'

type Workload = Pick<
  SparkInputs,
  'args' | 'pyFiles' | 'jars' | 'files' | 'archives' | 'mainClass' | 'queryVariables'
>

/** What only a batch that is made can have. Where and as whom the job runs may stand beside `attach`. */
const OF_A_NEW_BATCH = [
  'main',
  'batch-id',
  'args',
  'args-json',
  'main-class',
  'query-variables',
  'py-files',
  'jars',
  'files',
  'archives',
  'labels',
  'ttl',
  'subnetwork',
  'network-tags',
  'container-image',
  'kms-key',
  'metastore',
  'history-server',
  'cohort',
  'autotuning',
]

export function matching(value: string, pattern: RegExp, input: string, accepted: string): string {
  if (!pattern.test(value)) throw wrongValue(input, value, accepted)
  return value
}

export function readMain(inputs: Inputs, attach: string | undefined): string {
  if (attach === undefined)
    return matching(inputs.required('main'), /\.(py|jar|R|r|sql)$/, 'main', 'a .py, .jar, .R or .sql file')
  // The tier is of use: the price is told by it.
  const foreign = Object.keys(readProperties(inputs)).find((name) => !/\.tier$/.test(name))
  const asking =
    OF_A_NEW_BATCH.find((name) => inputs.text(name) !== '') ??
    (inputs.boolean('stage-only', false) ? 'stage-only' : foreign && `properties (${foreign})`)
  if (asking !== undefined)
    throw new InputError(
      `Reading input attach: it waits for a batch that is there, and ${asking} asks for another; take one of the two out.`,
      { input: 'attach', given: attach },
    )
  return ''
}

export function readWorkload(inputs: Inputs, main: string): Workload {
  const suffix = main.slice(main.lastIndexOf('.'))
  const mainClass = inputs.text('main-class') || undefined
  if (mainClass !== undefined) {
    matching(mainClass, /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/, 'main-class', 'the name of a class')
    if (suffix !== '.jar') throw notFor('main-class', mainClass, suffix, 'a .jar main')
  }
  const queryVariables = inputs.pairs('query-variables')
  const [variable] = Object.keys(queryVariables)
  if (variable !== undefined && suffix !== '.sql')
    throw notFor('query-variables', variable, suffix, 'a .sql main')
  return {
    args: readArguments(inputs),
    mainClass,
    queryVariables,
    pyFiles: inputs.lines('py-files').map(pyFile),
    jars: inputs.lines('jars').map((jar) => matching(jar, /\.jar$/, 'jars', 'a .jar file')),
    files: inputs.lines('files'),
    archives: inputs
      .lines('archives')
      .map((archive) =>
        matching(
          archive,
          /\.(zip|tar|tar\.gz|tgz|jar)(#[\w.-]+)?$/,
          'archives',
          'a .zip, .tar, .tar.gz, .tgz or .jar file, with #name for another folder name',
        ),
      ),
  }
}

function readArguments(inputs: Inputs): readonly string[] {
  const lines = inputs.lines('args')
  const given = inputs.text('args-json')
  if (given === '') return lines
  if (lines.length > 0)
    throw new InputError(
      'Reading input args-json: args is given as well; put all arguments into one of them.',
      {
        input: 'args-json',
        given: '(both)',
      },
    )
  let value: unknown
  try {
    value = JSON.parse(given)
  } catch {
    throw wrongValue('args-json', given, 'a JSON array of strings')
  }
  const isTexts = Array.isArray(value) && value.every((entry) => typeof entry === 'string')
  if (!isTexts)
    throw wrongValue('args-json', given, 'a JSON array of strings, such as ["--note", "two\\nlines", ""]')
  return value as string[]
}

/** A folder has no suffix that means something else. */
function pyFile(given: string): string {
  if (!/\.(whl|tar|gz|tgz|jar|sql|R)$/i.test(given) && (/\.(py|zip|egg)$/.test(given) || !isRemote(given)))
    return given
  const isWheel = /\.whl$/i.test(given)
  throw new InputError(
    `Reading input py-files: ${quotedValue(given)} is not a .py, .zip or .egg file or a folder, and Google takes nothing else.`,
    {
      input: 'py-files',
      given,
      accepted: 'a .py, .zip or .egg file or a folder',
      hint: isWheel
        ? 'Unpack the wheel into a folder and name that, or put it into a virtual environment for archives or an image for container-image.'
        : undefined,
    },
  )
}

/** Already where the batch finds it: an object, or a file of the runtime's image. */
export const isRemote = (uri: string): boolean => /^(gs|file):\/\//.test(uri)

function notFor(input: string, given: string, suffix: string, accepted: string): InputError {
  return new InputError(
    `Reading input ${input}: it goes with ${accepted}, and main is a ${suffix} file; take it out or give another main.`,
    { input, given, accepted },
  )
}
