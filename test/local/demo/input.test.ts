import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { DuckDBInstance } from '@duckdb/node-api'
import { splitByDay } from '../../../local/demo/day-files.ts'
import { checkEventFile as checkFile, type EventFile } from '../../../local/demo/event-file.ts'
import { checkEventInput, tellSources, type EventInput } from '../../../local/demo/event-input.ts'
import { chooseSource, SHIPPED, shippedSources } from '../../../local/demo/event-source.ts'
import { normalizeItemFile } from '../../../local/demo/item-file.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo input '))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const header = 'timestamp,visitorid,event,itemid,transactionid'
const root = join(import.meta.dirname, '../../..')
const shipped = await shippedSources(root)
const checkEventFile = (path: string): Promise<EventFile> =>
  checkFile(path, { sources: shipped, isNamed: false })
const good = `${header}\n1,2,view,3,\n`
const put = async (name: string, content: string | Buffer): Promise<string> => {
  await writeFile(join(directory, name), content)
  return join(directory, name)
}

describe('an event file', () => {
  it('is taken as .csv and .csv.gz, with columns in any order, extra ones, quotes, a BOM and CRLF', async () => {
    const path = await put('e.csv', good)
    expect(await checkEventFile(path)).toEqual({
      path,
      name: 'e.csv',
      isGzip: false,
      sizeBytes: Buffer.byteLength(good),
      sha256: createHash('sha256').update(good).digest('hex'),
      kind: 'csv',
      source: shipped[0],
    })
    for (const content of [
      `\uFEFF${good}`,
      good.replaceAll('\n', '\r\n'),
      '"itemid",extra,event,visitorid,transactionid,timestamp\n1,2,view,3,,4\n',
      `${header}\n1,2,view,3,`,
    ]) {
      expect((await checkEventFile(await put('e.csv', content))).isGzip).toBe(false)
    }
    const packed = gzipSync(good)
    expect(await checkEventFile(await put('e.csv.gz', packed))).toMatchObject({
      isGzip: true,
      sizeBytes: packed.length,
      sha256: createHash('sha256').update(packed).digest('hex'),
    })
  })

  const refused: { name: string; file: string; content: string | Buffer; message: RegExp }[] = [
    { name: 'empty', file: 'a.csv', content: '', message: /the file is empty/ },
    { name: 'empty inside gzip', file: 'a.csv.gz', content: gzipSync(''), message: /the file is empty/ },
    {
      name: 'no header',
      file: 'a.csv',
      content: '1,2,view,3,\n4,5,view,6,\n',
      message: /there is no header line; the first line must name the columns timestamp/,
    },
    {
      name: 'wrong columns',
      file: 'a.csv',
      content: 'timestamp,visitor,event,itemid,transactionid\n1,2,view,3,\n',
      message: /the column\(s\) visitorid are missing; the header has "timestamp", "visitor"/,
    },
    {
      name: 'another separator',
      file: 'a.csv',
      content: good.replaceAll(',', ';'),
      message: /the column\(s\) timestamp, visitorid/,
    },
    {
      name: 'a column twice',
      file: 'a.csv',
      content: `${header},event\n1,2,view,3,,view\n`,
      message: /the column event is named twice/,
    },
    {
      name: 'only a header',
      file: 'a.csv',
      content: `${header}\n\r\n`,
      message: /there is a header but no event below it/,
    },
    {
      name: 'binary',
      file: 'a.csv',
      content: Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 1, 2, 10, 0, 3]),
      message: /this is a binary file/,
    },
    {
      name: 'UTF-16',
      file: 'a.csv',
      content: Buffer.from(good, 'utf16le'),
      message: /binary file \(or UTF-16\)/,
    },
    {
      name: 'not UTF-8',
      file: 'a.csv',
      content: Buffer.from([...Buffer.from(header), 0x2c, 0xe4, 10, 0x31, 10]),
      message: /the text is not UTF-8/,
    },
    {
      name: 'gzip named .csv',
      file: 'a.csv',
      content: gzipSync(good),
      message: /the content is gzip; let the name end in .gz/,
    },
    { name: 'text named .csv.gz', file: 'a.csv.gz', content: good, message: /this is not a sound gzip file/ },
    {
      name: 'truncated gzip',
      file: 'a.csv.gz',
      content: gzipSync(good.repeat(50)).subarray(0, -12),
      message: /the gzip file is truncated; copy or download it again/,
    },
    {
      name: 'another kind of name',
      file: 'a.txt',
      content: good,
      message: /the name must end in .csv, .ndjson or .jsonl, or one of them and .gz, or .parquet/,
    },
  ]
  const lines: { name: string; content: string; message: RegExp }[] = [
    {
      name: 'a JSON list',
      content: '[{"event_ts":1}]\n',
      message: /the first line is no JSON object but a list; each line must be one event/,
    },
    { name: 'CSV under another name', content: good, message: /the first line is no JSON object; each line/ },
    {
      name: 'an object of no source',
      content: '{"ts":1,"who":"a"}\n',
      message:
        /its first object is of no source: ga4 needs event_timestamp and event_name, events needs event_ts and event_type; it has "ts", "who"/,
    },
  ]
  it.each(lines)(
    'of JSON lines is refused in one sentence when it is: $name',
    async ({ content, message }) => {
      const path = await put('a.ndjson', content)
      await expect(checkEventFile(path)).rejects.toThrow(message)
    },
  )

  it.each(refused)('is refused in one sentence when it is: $name', async ({ file, content, message }) => {
    const failure = await checkEventFile(await put(file, content)).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failure?.name).toBe('UsageError')
    expect(failure?.message).toMatch(message)
    expect(failure?.message).toMatch(/^--events .*\.$/)
    expect(failure?.message).not.toContain('\n')
  })

  it('is refused when it is missing or a directory', async () => {
    await expect(checkEventFile(join(directory, 'none.csv'))).rejects.toThrow(/there is no such file/)
    await mkdir(join(directory, 'd.csv'))
    await expect(checkEventFile(join(directory, 'd.csv'))).rejects.toThrow(/this is a directory; name a file/)
  })
})

describe('what --events names', () => {
  const said: string[] = []
  const look = async (paths: readonly string[], source?: string): Promise<EventInput> => {
    said.length = 0
    const chosen = source === undefined ? undefined : (await chooseSource(source, shipped)).source
    return checkEventInput(
      paths.map((path) => join(directory, path)),
      { sources: chosen ? [chosen] : shipped, isNamed: chosen !== undefined },
      (line) => said.push(line),
    )
  }
  const ga4 = '{"event_timestamp":"1430622004384000","event_name":"view_item","user_pseudo_id":"1.2"}\n'
  const event = '{"event_ts":"2015-05-03T00:00:00Z","visitor_id":"v","event_type":"view"}\n'

  it('is a folder with files of several sources, each found out; what is no event file is left aside and said', async () => {
    await mkdir(join(directory, 'all/day 1'), { recursive: true })
    await put('all/day 1/a.csv', good)
    await put('all/_b:[1].JSONL', event)
    await put('all/c.ndjson.gz', gzipSync(ga4))
    await put('all/d.csv', `${header}\n`)
    await put('all/notes.txt', 'x')
    await put('all/e.json', ` \n${ga4}`)
    await put('all/manifest.json', '{"files": 3}\n')
    await put('all/list.json', '[]')
    const input = await look(['all'])
    expect(input.files.map(({ objectName, source, isGzip }) => [objectName, source.name, isGzip])).toEqual([
      ['b__1_.jsonl', 'events', false],
      ['c.ndjson.gz', 'ga4', true],
      ['day_1/a.csv', 'retailrocket', false],
      ['e.json', 'ga4', false],
    ])
    expect(tellSources(input)).toBe('1 file of source events, 2 of source ga4, 1 of source retailrocket')
    expect(input.name).toBe('all (4 files)')
    expect(said).toEqual([
      '  left aside for their names: notes.txt',
      expect.stringMatching(/^ {2}left aside: \/.*all\/d\.csv: there is a header but no event below it$/),
      expect.stringMatching(/^ {2}left aside: \/.*all\/list\.json: the first line is no JSON object/),
      expect.stringMatching(/^ {2}left aside: \/.*all\/manifest\.json: its first object is of no source/),
    ])
    await expect(look(['all/manifest.json'])).rejects.toThrow(/its first object is of no source/)
    // The same files are the same input, wherever they lie.
    await mkdir(join(directory, 'again'))
    await put('again/a.csv', good)
    await put('again/b.ndjson', event)
    const both = await look(['again/a.csv', 'again/b.ndjson'])
    expect([both.name, both.sha256]).toEqual(['a.csv, b.ndjson (2 files)', (await look(['again'])).sha256])
  })

  it('is several files and folders, of which none is lost though they have one name', async () => {
    for (const folder of ['one', 'two']) {
      await mkdir(join(directory, folder))
      await put(`${folder}/a.csv`, good)
    }
    const { files } = await look(['one', 'two/a.csv'])
    expect(files.map(({ objectName }) => objectName)).toEqual(['a.csv', '2/a.csv'])
    await expect(look(['one', 'one/a.csv'])).rejects.toThrow(
      /a\.csv: this file is named twice; name it once\.$/,
    )
  })

  it('is read as the source that is named, by name or file', async () => {
    await put('rows.json', ga4)
    expect((await look(['rows.json'], 'ga4')).files[0]!.source.name).toBe('ga4')
    expect((await look(['rows.json'])).files[0]!.source.name).toBe('ga4')
    await expect(look(['rows.json'], 'retailrocket')).rejects.toThrow(
      /source retailrocket is csv, and this is ndjson\.$/,
    )
    const own = await put(
      'own.json',
      JSON.stringify({
        name: 'shop',
        format: { type: 'csv', delimiter: ';', header: 'ignore_case' },
        fields: {
          event_ts: { from: 'Zeit', unit: 's' },
          visitor_id: { from: 'Kunde' },
          event_type: { from: 'Was' },
        },
      }),
    )
    await put('shop.csv', 'ZEIT;KUNDE;WAS;x\n1;a;b;c\n')
    expect((await look(['shop.csv'], own)).files[0]!.source).toMatchObject({ name: 'shop', timeAt: ['zeit'] })
    await expect(look(['shop.csv'])).rejects.toThrow(/the column\(s\) timestamp, visitorid/)
  })

  it('is Parquet or Avro, told by its schema; what only says so is refused', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const file = join(directory, "it's [1].parquet")
    await connection.run(
      `COPY (SELECT 1 AS event_timestamp, 'view_item' AS event_name, 'a' AS user_pseudo_id) TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`,
    )
    connection.closeSync()
    const [found] = (await look(["it's [1].parquet"])).files
    expect([found!.source.name, found!.kind, found!.objectName]).toEqual([
      'ga4',
      'parquet',
      'it_s__1_.parquet',
    ])
    await put('no.parquet', ga4)
    await expect(look(['no.parquet'])).rejects.toThrow(/no\.parquet: this is not a sound Parquet file \(/)
    const fields = ['event_timestamp', 'event_name', 'user_pseudo_id'].map((name) => ({
      name,
      type: 'string',
    }))
    const schema = JSON.stringify({ type: 'record', name: 'Root', fields })
    // Lengths are zigzag varints: twice the number, seven bits a byte.
    const length = String.fromCharCode(((2 * schema.length) & 127) | 128, (2 * schema.length) >> 7)
    const header = `Obj\x01\x04\x14avro.codec\x08null\x16avro.schema${length}${schema}\0${'s'.repeat(16)}`
    await put('a.avro', Buffer.from(header, 'latin1'))
    const [avro] = (await look(['a.avro'])).files
    expect([avro!.source.name, avro!.kind]).toEqual(['ga4', 'avro'])
    for (const wrong of ['Obj', header.slice(0, 60), ga4]) {
      await put('no.avro', Buffer.from(wrong, 'latin1'))
      await expect(look(['no.avro'])).rejects.toThrow(/no\.avro: this is not a sound Avro file\.$/)
    }
    await expect(splitByDay({ files: [found!], name: 'x' }, 1, directory)).rejects.toThrow(
      /^--orchestrate delivers lines day by day, and it's \[1\]\.parquet has none/,
    )
  })

  it('is refused when a folder holds nothing that can be read, or nothing at all', async () => {
    await mkdir(join(directory, 'none'))
    await expect(look(['none'])).rejects.toThrow(
      /no file in this folder ends in \.csv, .* or \.parquet or \.avro\.$/,
    )
    await put('none/a.csv', '')
    await put('none/b.csv', '')
    await expect(look(['none'])).rejects.toThrow(/none\/a\.csv: the file is empty\.$/)
  })

  it('knows the sources that the job ships, in its order', async () => {
    expect(await readFile(join(root, 'spark/tables/source.py'), 'utf8')).toContain(
      `SHIPPED = (${SHIPPED.map((name) => `"${name}"`).join(', ')})`,
    )
  })

  it.each([
    ['nothing.json', /--source .+nothing\.json: there is no such file\.$/],
    [
      'shopify',
      /^--source shopify: no such source; shipped are retailrocket, ga4, events; the name of a file/,
    ],
    ['{', /this is not JSON: /],
    ['{}', /a source needs a name; docs\/contract\.md/],
    ['{"name":"a","format":{"type":"xml"}}', /its format must have a type: csv, ndjson, parquet/],
    ['{"name":"a","format":{"type":"csv"},"fields":{}}', /its fields must say from what event_ts is/],
  ])('refuses the source %j in one sentence', async (source, message) => {
    const given = source.startsWith('{')
      ? await put('s.json', source)
      : source.endsWith('.json')
        ? join(directory, source)
        : source
    await expect(chooseSource(given, shipped)).rejects.toThrow(message)
  })
})

describe('an item file', () => {
  const rewrite = async (content: string): Promise<string> => {
    await normalizeItemFile(await put('items.csv', content), join(directory, 'out.csv'))
    return readFile(join(directory, 'out.csv'), 'utf8')
  }
  it('is rewritten in the order of the load, with every field quoted on one line', async () => {
    expect(await rewrite('name,x,itemid\r\n"Tea, green",1,7\r\n"a ""b""\nc",2,8\r\nMug,3,SKU-007\r\n')).toBe(
      'itemid,name\n"7","Tea, green"\n"8","a ""b"" c"\n"SKU-007","Mug"\n',
    )
  })
  it.each([
    ['', /the file is empty/],
    ['itemid,title\n1,x\n', /the column\(s\) name are missing/],
    ['itemid,name\n', /no item below it/],
    ['itemid,name\n"",a\n', /line 2: itemid "" is not an id of 1 to 256 characters/],
    ['itemid,name\n1,a\n1,b\n', /line 3: itemid 1 appears twice/],
    ['itemid,name\n1\n', /this is not CSV/],
  ])('%j is refused', async (content, message) => {
    await expect(rewrite(content)).rejects.toThrow(message)
  })
})

describe('options of the demo', () => {
  it.each([
    [['--events', 'a.csv', '--size', '5'], /^--events and --size exclude each other/],
    [['--events', 'a.csv', '--shape', 'ga4'], /^--events and --shape exclude each other/],
    [['--events', 'none.csv', '--events', 'b.csv'], /none\.csv: there is no such file/],
    [['--shape', 'shopify'], /^--shape shopify: one of retailrocket, ga4, events is needed/],
    [['--source', 'ga4'], /^--source is for --events/],
    [['--days', '2'], /^--days is for --orchestrate/],
    [['--orchestrate', '--days', '0'], /^--days 0: a whole number of days, 1 or more, is needed/],
  ])('%j is refused in one sentence', (argv, message) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['local/cli.ts', 'demo', '--state', directory, ...argv],
      { cwd: join(import.meta.dirname, '../../..'), encoding: 'utf8' },
    )
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.trim()).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
