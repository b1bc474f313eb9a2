/**
 * Reads the `metadata.yaml` that stands beside a view: description, labels, friendly_name. It refuses every other
 * key, and values that are no plain strings.
 */
import { LineCounter, isMap, isScalar, parseDocument, type Pair } from 'yaml'
import { wrongLabel } from '../../_shared/ownership.ts'
import { ReadingError, type Cursor } from '../../_shared/sql-cursor.ts'

export interface Metadata {
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** @throws ReadingError at its place in the file. */
export function readMetadata(text: string): Metadata {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, version: '1.2' })
  const refuse = (message: string, at = 0): never => {
    const { line, col } = lineCounter.linePos(at)
    throw new ReadingError(message, { line: Math.max(1, line), column: Math.max(1, col) })
  }
  const broken = document.errors[0] ?? document.warnings[0]
  if (broken !== undefined)
    refuse(`is no YAML that is read here: ${broken.message.split('\n')[0]}`, broken.pos[0])
  const root = document.contents
  if (root === null) return {}
  if (!isMap(root)) return refuse('holds no keys')
  const keyOf = ({ key }: Pair): { name: string; at: number } =>
    isScalar(key) && typeof key.value === 'string'
      ? { name: key.value, at: key.range?.[0] ?? 0 }
      : refuse('has a key that is no plain string')
  const textOf = (pair: Pair): string => {
    const { name, at } = keyOf(pair)
    return isScalar(pair.value) && typeof pair.value.value === 'string'
      ? pair.value.value
      : refuse(`the value of ${name} is no string; write it in quotes`, at)
  }
  const metadata: { description?: string; friendlyName?: string; labels?: Record<string, string> } = {}
  for (const pair of root.items) {
    const { name, at } = keyOf(pair)
    if (name === 'description') metadata.description = textOf(pair).trim()
    else if (name === 'friendly_name') metadata.friendlyName = textOf(pair).trim()
    else if (name === 'labels') {
      if (!isMap(pair.value)) return refuse('labels holds no keys', at)
      const labels = pair.value.items.map((label): [string, string] => {
        const found = [keyOf(label).name, textOf(label)] as [string, string]
        const wrong = wrongLabel(...found)
        return wrong === undefined ? found : refuse(wrong, keyOf(label).at)
      })
      metadata.labels = Object.fromEntries(labels)
    } else
      refuse(`the key ${name.slice(0, 60)} is not read here; description, labels and friendly_name are`, at)
  }
  return metadata
}

/** What the statement says and what the metadata says; the same thing twice must be the same. */
export function joined<T extends Metadata>(cursor: Cursor, options: T, metadata: Metadata): T & Metadata {
  const differ = (what: string, there: string | undefined, here: string | undefined): void => {
    if (there !== undefined && here !== undefined && there !== here)
      cursor.refuse(
        `its OPTIONS give the ${what} ${JSON.stringify(there.slice(0, 60))}, its metadata.yaml ${JSON.stringify(here.slice(0, 60))}; write it in one place`,
      )
  }
  differ('description', options.description, metadata.description)
  differ('friendly name', options.friendlyName, metadata.friendlyName)
  for (const [key, value] of Object.entries(metadata.labels ?? {}))
    differ(
      `label ${key}`,
      Object.hasOwn(options.labels ?? {}, key) ? options.labels?.[key] : undefined,
      value,
    )
  const labels = { ...options.labels, ...metadata.labels }
  return {
    ...options,
    ...metadata,
    // NULL in the statement says nothing.
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  }
}
