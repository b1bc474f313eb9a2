import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { splitByDay } from '../../../local/demo/day-files.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'day files '))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

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
  const { files, calendarDays } = await splitByDay(
    { path, name: 'events', isGzip },
    days,
    join(directory, 'days'),
    at('2026-01-01T00:00:00'),
  )
  const contents = await Promise.all(
    files.map(
      async (file) => [file.day, (await readFile(file.path, 'utf8')).trim().split('\n').slice(1)] as const,
    ),
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
