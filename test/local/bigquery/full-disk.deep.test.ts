/** A disk that is full where DuckDB cannot go back: the file is opened again, and what was committed is there. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cellsOf, kill, killAll, limitFiles, query, start } from './cloud-process.ts'

let stateDir: string
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'full '))
})
afterAll(async () => {
  killAll()
  await rm(stateDir, { recursive: true, force: true })
})

const full = [503, 'backendError']
const insert =
  'INSERT INTO caec_raw.full SELECT CAST(RAND() * 1e18 AS INT64) FROM UNNEST(GENERATE_ARRAY(1, 100000))'
const count = 'SELECT COUNT(*) FROM caec_raw.full'

it('works again without a restart when there is room', async () => {
  const server = await start(stateDir)
  await query(server, 'CREATE TABLE caec_raw.full (n INT64)')
  // Larger than the log that DuckDB merges into its file, smaller than the second merge makes that file.
  expect(limitFiles(server, '20000000')).toBe(true)
  let written = 0
  for (let round = 0; round < 100 && (await cellsOf(server, insert))[0] !== 503; round++) written += 100_000
  expect(await cellsOf(server, insert)).toEqual(full)
  limitFiles(server, 'unlimited')
  expect(await cellsOf(server, count)).toEqual([String(written)])
  await query(server, insert)
  expect(await cellsOf(server, count)).toEqual([String(written + 100_000)])
  await kill(server)
})
