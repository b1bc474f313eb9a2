import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { shippedSources, type EventSource } from '../../../local/demo/event-source.ts'
import { splitByDay } from '../../../local/demo/day-files.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'day files '))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const [retailrocket, ga4, events] = await shippedSources(join(import.meta.dirname, '../../..'))
const header = 'visitorid,timestamp,event,itemid,transactionid'
const at = (text: string): number => Date.parse(`${text}Z`)

async function split(
  rows: readonly string[],
  days: number,
  isGzip = false,
): Promise<{ contents: Record<string, string[]>; calendarDays: number }> {
  const text = [header, ...rows, ''].join('\n')
  const path = join(directory, 'events')
  await writeFile(path, isGzip ? gzipSync(text) : text)
  const { days: found, calendarDays } = await splitByDay(
    { files: [{ path, isGzip, kind: 'csv', source: retailrocket! }], name: 'events' },
    days,
    join(directory, 'days'),
    at('2026-01-01T00:00:00'),
  )
  const contents = await Promise.all(
    found.map(async ({ day, files: [file, ...others] }) => {
      expect([file!.objectName, others]).toEqual([`${day}.csv`, []])
      return [day, (await readFile(file!.path, 'utf8')).trim().split('\n').slice(1)] as const
    }),
  )
  return { contents: Object.fromEntries(contents), calendarDays }
}

const [early, late, next, third] = [
  `1,${at('2015-05-03T00:00:00')},view,2,`,
  `1,${at('2015-05-03T23:59:59.999')},view,2,`,
  `2,${at('2015-05-04T00:00:00')},view,2,`,
  `3,${at('2015-05-06T12:00:00')},view,2,`,
]

it.each([false, true])(
  'puts each row into the file of its UTC day, also where a day has none (gzip: %s)',
  async (isGzip) => {
    expect(await split([third, late, next, early], 9, isGzip)).toEqual({
      calendarDays: 4,
      contents: {
        '2015-05-03': [late, early],
        '2015-05-04': [next],
        '2015-05-05': [],
        '2015-05-06': [third],
      },
    })
  },
)
it('keeps the first days only when it is asked to', async () => {
  expect(await split([third, late, next, early], 2)).toEqual({
    calendarDays: 4,
    contents: { '2015-05-03': [late, early], '2015-05-04': [next] },
  })
})
it('keeps rows whose time nobody can use, with the first day, so that they are counted', async () => {
  const useless = [
    '1,soon,view,2,',
    '1,,view,2,',
    '1,12,view,2,',
    `1,${at('2030-01-01T00:00:00')},view,2,`,
    '1,"2,view',
  ]
  expect((await split([...useless, next, early], 1)).contents['2015-05-03']).toEqual([...useless, early])
})
it('finds the time behind a quoted comma', async () => {
  const quoted = `"1,0",${at('2015-05-04T00:00:00')},view,2,`
  expect((await split([early, quoted], 2)).contents['2015-05-04']).toEqual([quoted])
})
it('refuses a file that has no day', async () => {
  await expect(split(['1,soon,view,2,'], 1)).rejects.toThrow(
    'events holds no event with a time between 2000 and now, so it has no days for the orchestrator to run over.',
  )
})
it('delivers each kind of file by itself, by the time as its source writes it, byte for byte', async () => {
  const own: EventSource = {
    ...retailrocket!,
    name: 'shop',
    delimiter: ';',
    encoding: 'ISO-8859-1',
    isCaseIgnored: true,
    timeAt: ['zeit'],
    timeUnit: 's',
  }
  const seconds = at('2015-05-04T00:00:01') / 1000
  const contents: readonly (readonly [EventSource, string | Buffer])[] = [
    [
      ga4!,
      `{"event_timestamp":"${at('2015-05-03T23:59:59.999')}999"}\n{"event_timestamp":${at('2015-05-04T00:00:00')}000}\n`,
    ],
    [events!, '{"event_ts":"2015-05-04T01:30:00+02:00"}\n{"event_ts":"2015-05-04 00:00:00"}\n[]\n'],
    [own, Buffer.from(`Käufer;ZEIT\na;${seconds}\nÄ;${seconds}\n`, 'latin1')],
  ]
  const files = await Promise.all(
    contents.map(async ([source, content]) => {
      const path = join(directory, source.name)
      await writeFile(path, content)
      return { path, isGzip: false, kind: source.kinds[0]!, source }
    }),
  )
  const { days } = await splitByDay({ files, name: 'events' }, 9, join(directory, 'days'))
  const read = await Promise.all(
    days.flatMap((day) =>
      day.files.map(async ({ objectName, path }) => [objectName, await readFile(path, 'latin1')]),
    ),
  )
  const [first, second] = (contents[0]![1] as string).split('\n')
  const [early, naive, none] = (contents[1]![1] as string).split('\n')
  expect(Object.fromEntries(read)).toEqual({
    '2015-05-03.ndjson': `${first}\n`,
    '2015-05-04.ndjson': `${second}\n`,
    '2015-05-03-2.ndjson': `${early}\n${none}\n`,
    '2015-05-04-2.ndjson': `${naive}\n`,
    '2015-05-03-3.csv': 'Käufer;ZEIT\n',
    '2015-05-04-3.csv': `Käufer;ZEIT\na;${seconds}\nÄ;${seconds}\n`,
  })
})
