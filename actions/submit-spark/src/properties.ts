/**
 * Reads Spark properties in the forms people paste: lines, comments between them, gcloud's own list. It refuses a line
 * that would silently become another key or a longer value.
 */
import { InputError, quotedValue } from '../../_shared/errors.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'

const KEY = /^[A-Za-z][\w./$*-]*$/
/** gcloud's way to name another separator than the comma: `^;^a=b;c=d`. */
const OWN_SEPARATOR = /^\^([^^=\s]+)\^(.+)$/
/** A second property in one value, as `gcloud --properties=a=1,spark.b=2` writes it. */
const SECOND = /,\s*((?:spark:)?(?:spark|dataproc)\.[\w.-]+)=/

/** Files of Hadoop, which Spark reads from its own properties as well. */
const HADOOP: readonly string[] = ['core', 'hdfs', 'mapred', 'yarn']

export function readProperties(inputs: Inputs): Readonly<Record<string, string>> {
  const found = new Map<string, string>()
  for (const line of inputs.lines('properties').flatMap(entriesOf)) {
    const at = line.indexOf('=')
    if (at < 1) throw refused(line, 'it is not of the form key=value')
    // The prefix of cluster properties: a batch has no other files than Spark's.
    const key = line
      .slice(0, at)
      .trim()
      .replace(/^spark:/, '')
    const value = line.slice(at + 1).trim()
    const [, prefix, rest] = /^([a-z-]+):(.*)$/.exec(key) ?? []
    if (prefix !== undefined)
      throw refused(
        line,
        `the prefix ${prefix}: names a file of a cluster, and a batch has none${HADOOP.includes(prefix) ? `; write spark.hadoop.${rest}=${value}` : ''}`,
      )
    if (!KEY.test(key)) throw refused(line, `${JSON.stringify(key)} is not the name of a property`)
    if (found.has(key)) throw refused(line, `the key ${key} stands there twice; take one of them out`)
    const second = SECOND.exec(value)?.[1]
    if (second !== undefined)
      throw refused(
        line,
        `${second} would become a part of the value of ${key}; give each property its own line`,
      )
    found.set(key, value)
  }
  return Object.fromEntries(found)
}

function entriesOf(line: string): string[] {
  if (line.startsWith('#')) return []
  const [, separator, list] = OWN_SEPARATOR.exec(line) ?? []
  if (separator === undefined || list === undefined) return [line]
  return list
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function refused(line: string, why: string): InputError {
  const given = quotedValue(line)
  return new InputError(`Reading input properties: of ${given}: ${why}.`, {
    input: 'properties',
    given,
    accepted: 'one key=value per line, such as spark.executor.cores=4',
    hint: 'Write one key=value per line, without quotes, --properties or --conf; a line that begins with # is a comment.',
  })
}
