/** Reads a YAML file against its JSON Schema; every mistake is refused with file and line. */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml'

/** A mistake in a file that a person wrote; the message begins with `file:line:`. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigurationError'
  }
}

export type YamlPath = readonly (string | number)[]

export interface YamlFile<T> {
  readonly value: T
  /** The error for a mistake at a place of the file. */
  mistake(path: YamlPath, what: string): ConfigurationError
}

export async function readYamlFile<T>(file: string, schemaFile: string): Promise<YamlFile<T>> {
  const shown = shorten(file)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`${shown}: cannot be read (${error.code})`)
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors[0]
  if (broken) throw new ConfigurationError(`${shown}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`)
  const mistake = (path: YamlPath, what: string) =>
    new ConfigurationError(`${shown}:${lineOf(document, lines, path)}: ${what}`)
  const value = document.toJS({ maxAliasCount: 0 }) as T
  const check = new Ajv({
    allErrors: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  }).compile(JSON.parse(await readFile(schemaFile, 'utf8')) as object)
  if (!check(value)) {
    const found = check
      .errors!.map((error) => describe(error))
      .map(({ path, what }) => mistake(path, what).message)
    throw new ConfigurationError([...new Set(found)].slice(0, 10).join('\n'))
  }
  return { value, mistake }
}

function describe(error: ErrorObject): { path: YamlPath; what: string } {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const where = path.join('.') || 'the file'
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params.additionalProperty)
    return { path: [...path, name], what: `${where} has no field '${name}'` }
  }
  if (error.keyword === 'required')
    return { path, what: `${where} lacks '${String(error.params.missingProperty)}'` }
  if (error.keyword === 'const')
    return { path, what: `${where} must be ${JSON.stringify(error.params.allowedValue)}` }
  if (error.keyword === 'enum')
    return { path, what: `${where} must be one of ${(error.params.allowedValues as string[]).join(', ')}` }
  if (error.keyword === 'not' && error.schemaPath.includes('/role/'))
    return {
      path,
      what: `${where} may not be a basic role (roles/owner, roles/editor, roles/viewer, roles/browser): bind the permissions that are needed`,
    }
  return { path, what: `${where} ${error.message ?? 'is not valid'}` }
}

/** The deepest node that exists on the way; for a map entry its key, so that the line is the one to edit. */
function lineOf(document: Document, lines: LineCounter, path: YamlPath): number {
  for (let length = path.length; length > 0; length--) {
    const holder =
      document.getIn(path.slice(0, length - 1), true) ?? (length === 1 ? document.contents : undefined)
    const last = path[length - 1]
    const entry = isMap(holder)
      ? holder.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(last),
        )
      : undefined
    const start =
      entry && isScalar(entry.key)
        ? entry.key.range?.[0]
        : (document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined)
            ?.range?.[0]
    if (start !== undefined) return lines.linePos(start).line
  }
  return 1
}

function shorten(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') ? file : path
}
