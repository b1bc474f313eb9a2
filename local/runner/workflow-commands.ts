/**
 * Understands the `::command::` lines a step prints, as GitHub's runner does; it refuses the ones GitHub
 * disabled (set-env, add-path).
 */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly step: string
  readonly title?: string
  readonly file?: string
  readonly line?: number
  readonly endLine?: number
  readonly column?: number
  readonly endColumn?: number
}

export interface WorkflowCommandSink {
  show(line: string): void
  debug(line: string): void
  mask(secret: string): void
  annotate(annotation: Omit<Annotation, 'step'>): void
  setOutput(name: string, value: string): void
  saveState(name: string, value: string): void
}

interface WorkflowCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

const known = [
  'add-mask',
  'error',
  'warning',
  'notice',
  'group',
  'endgroup',
  'debug',
  'stop-commands',
  'set-output',
  'save-state',
  'set-env',
  'add-path',
  'echo',
  'add-matcher',
  'remove-matcher',
]

export const createWorkflowCommands = (sink: WorkflowCommandSink): { line(text: string): void } => {
  let stopToken: string | undefined
  const run = (command: WorkflowCommand): void => {
    const { name, properties, data } = command
    switch (name) {
      case 'add-mask':
        if (data === '')
          sink.show("##[warning]Can't add secret mask for empty string in ##[add-mask] command.")
        else sink.mask(data)
        return
      case 'error':
      case 'warning':
      case 'notice':
        return sink.annotate(annotation(name, properties, data))
      case 'group':
        return sink.show(`▸ ${data}`)
      case 'endgroup':
      case 'echo':
        return
      case 'debug':
        return sink.debug(data)
      case 'stop-commands':
        if (data === '' || known.includes(data.toLowerCase())) {
          return sink.annotate({
            level: 'error',
            message: `Invalid stop token '${data}': choose a value that is no command and not empty`,
          })
        }
        stopToken = data
        return
      case 'set-output':
      case 'save-state':
        sink.annotate({
          level: 'warning',
          message: `The \`${name}\` command is deprecated. Use environment files.`,
        })
        if (!properties.name)
          return sink.annotate({
            level: 'error',
            message: `Required field 'name' is missing in ##[${name}] command.`,
          })
        return name === 'set-output'
          ? sink.setOutput(properties.name, data)
          : sink.saveState(properties.name, data)
      case 'set-env':
      case 'add-path':
        return sink.annotate({
          level: 'error',
          message: `The \`${name}\` command is disabled. Use environment files.`,
        })
      default:
        return sink.annotate({
          level: 'warning',
          message: `The \`${name}\` command (problem matchers) is not supported by the local runner.`,
        })
    }
  }
  return {
    line(text) {
      const command = parseCommand(text)
      if (stopToken !== undefined) {
        if (command && command.name === stopToken.toLowerCase()) stopToken = undefined
        else sink.show(text)
        return
      }
      if (command && known.includes(command.name)) run(command)
      else sink.show(text)
    },
  }
}

const parseCommand = (text: string): WorkflowCommand | undefined => {
  const trimmed = text.trimStart()
  if (!trimmed.startsWith('::')) return undefined
  const end = trimmed.indexOf('::', 2)
  if (end < 0) return undefined
  const head = trimmed.slice(2, end)
  const space = head.indexOf(' ')
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase()
  if (name === '') return undefined
  const properties: Record<string, string> = Object.create(null) as Record<string, string>
  for (const pair of space < 0
    ? []
    : head
        .slice(space + 1)
        .trim()
        .split(',')) {
    const equals = pair.indexOf('=')
    if (equals > 0) properties[pair.slice(0, equals).trim()] = unescapeProperty(pair.slice(equals + 1))
  }
  return { name, properties, data: unescapeData(trimmed.slice(end + 2)) }
}

const unescapeData = (text: string): string =>
  text.replaceAll(/%0D/g, '\r').replaceAll(/%0A/g, '\n').replaceAll(/%25/g, '%')
const unescapeProperty = (text: string): string =>
  text
    .replaceAll(/%0D/g, '\r')
    .replaceAll(/%0A/g, '\n')
    .replaceAll(/%3A/g, ':')
    .replaceAll(/%2C/g, ',')
    .replaceAll(/%25/g, '%')

const annotation = (
  level: Annotation['level'],
  properties: Readonly<Record<string, string>>,
  message: string,
): Omit<Annotation, 'step'> => {
  const whole = (name: string): number | undefined =>
    /^\d+$/.test(properties[name] ?? '') ? Number(properties[name]) : undefined
  const found = {
    level,
    message,
    title: properties.title,
    file: properties.file,
    line: whole('line'),
    endLine: whole('endLine'),
    column: whole('col'),
    endColumn: whole('endColumn'),
  }
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined && value !== ''),
  ) as Omit<Annotation, 'step'>
}
