/**
 * Runs a program with an argument vector. It refuses shell strings: nothing here is ever parsed by a shell.
 */

export interface ExecOptions {
  readonly cwd?: string
  /** The whole environment of the child. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to the child's stdin. */
  readonly input?: Buffer
  /** Each full line of stdout / stderr as it arrives. Without them the output goes to the log. */
  readonly onStdoutLine?: (line: string) => void
  readonly onStderrLine?: (line: string) => void
}
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export async function execute(
  program: string,
  args: readonly string[],
  show: (line: string) => void,
  options: ExecOptions = {},
): Promise<ExecResult> {
  // The toolkit splits its first argument like a command line: a quoted program stays one word, and a quote
  // inside it cannot be expressed.
  if (/["\r\n\0]/.test(program))
    throw new Error(
      `Running a program: the path ${JSON.stringify(program)} holds a character that cannot be passed on.`,
    )
  const { getExecOutput } = await import('@actions/exec')
  const isQuiet = options.onStdoutLine !== undefined || options.onStderrLine !== undefined
  if (!isQuiet) show(`[command]${[program, ...args].join(' ')}`)
  return getExecOutput(`"${program}"`, [...args], {
    cwd: options.cwd,
    env: options.env === undefined ? undefined : { ...options.env },
    input: options.input,
    ignoreReturnCode: true,
    // What the toolkit prints itself nobody has looked through.
    silent: true,
    listeners: {
      stdline: options.onStdoutLine ?? (isQuiet ? undefined : show),
      errline: options.onStderrLine ?? (isQuiet ? undefined : show),
    },
  })
}
