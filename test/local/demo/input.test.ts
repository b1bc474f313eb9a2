import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { checkEventFile } from '../../../local/demo/event-file.ts'
import { normalizeItemFile } from '../../../local/demo/item-file.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo input '))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const header = 'timestamp,visitorid,event,itemid,transactionid'
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
      message: /the content is gzip; name the file .csv.gz/,
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
      message: /the name must end in .csv or .csv.gz/,
    },
  ]
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
    await expect(checkEventFile(join(directory, 'd.csv'))).rejects.toThrow(
      /this is a directory; name one .csv or .csv.gz file/,
    )
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

describe('the days of an orchestrated demo', () => {
  it.each([
    [['--events', 'a.csv', '--events', 'b.csv'], /^--events is given twice; give it once/],
    [['--days', '2'], /^--days is for --orchestrate/],
    [['--orchestrate', '--days', '0'], /^--days 0: a whole number of days, 1 or more, is needed/],
    [['--orchestrate', '--items', 'items.csv'], /^--items and --orchestrate exclude each other/],
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
