/**
 * Reads the optional file of product names and rewrites it as the load expects it; it refuses ids that are
 * empty or appear twice.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { parse } from 'csv-parse'
import { openRegular } from './event-file.ts'
import { UsageError } from '../usage-error.ts'

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Writes `itemid,name` with every field quoted; returns how many. */
export const normalizeItemFile = async (path: string, target: string): Promise<number> => {
  const what = `--items ${path}`
  if ((await openRegular(path, '--items')).size === 0) throw new UsageError(`${what}: the file is empty.`)
  const seen = new Set<string>()
  const output = createWriteStream(target, { mode: 0o600 })
  output.write('itemid,name\n')
  const checkHeader = (header: string[]): string[] => {
    const names = header.map((name) => name.trim())
    const missing = ['itemid', 'name'].filter((name) => !names.includes(name))
    if (missing.length > 0)
      throw new UsageError(
        `${what}: the column(s) ${missing.join(', ')} are missing; the header must name itemid and name.`,
      )
    return names
  }
  const rows = createReadStream(path).pipe(
    parse({ bom: true, columns: checkHeader, info: true, skip_empty_lines: true }),
  )
  try {
    for await (const { record, info } of rows as AsyncIterable<{
      record: { itemid: string; name: string }
      info: { lines: number }
    }>) {
      if (!/^[^\p{Cc}]{1,256}$/u.test(record.itemid))
        throw new UsageError(
          `${what}: line ${info.lines}: itemid ${JSON.stringify(record.itemid.slice(0, 40))} is not an id of 1 to 256 characters.`,
        )
      if (seen.has(record.itemid))
        throw new UsageError(`${what}: line ${info.lines}: itemid ${record.itemid} appears twice.`)
      seen.add(record.itemid)
      if (!output.write(`${quoted(record.itemid)},${quoted(record.name.replaceAll(/[\r\n]+/g, ' '))}\n`))
        await once(output, 'drain')
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${what}: this is not CSV (${(error as Error).message}).`)
  } finally {
    output.end()
    await once(output, 'finish')
  }
  if (seen.size === 0) throw new UsageError(`${what}: there is a header but no item below it.`)
  return seen.size
}
