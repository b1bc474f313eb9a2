/** Jars and SQL as batches: Spark's own submit and Spark's own SQL command line run them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { zipSync } from 'fflate'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import {
  createBatch,
  putJob,
  readOutput,
  STAGING,
  waitFor,
  WORKLOAD,
  type ShownBatch,
} from '../../support/spark-batches.ts'

/**
 * `package demo; public class Hello { public static void main(String[] a) { System.out.println("hello from a jar: "
 * + String.join(",", a)); if (a.length > 0 && a[0].equals("fail")) throw new IllegalStateException("asked to
 * fail"); } }`
 */
const HELLO_CLASS =
  'yv66vgAAADQAOgoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClWCQAIAAkHAAoMAAsADAEAEGphdmEvbGFuZy9TeXN0ZW0BAANvdXQBABVMamF2YS9pby9QcmludFN0cmVhbTsHAA4BABdqYXZhL2xhbmcvU3RyaW5nQnVpbGRlcgoADQADCAARAQASaGVsbG8gZnJvbSBhIGphcjogCgANABMMABQAFQEABmFwcGVuZAEALShMamF2YS9sYW5nL1N0cmluZzspTGphdmEvbGFuZy9TdHJpbmdCdWlsZGVyOwgAFwEAASwKABkAGgcAGwwAHAAdAQAQamF2YS9sYW5nL1N0cmluZwEABGpvaW4BAEUoTGphdmEvbGFuZy9DaGFyU2VxdWVuY2U7W0xqYXZhL2xhbmcvQ2hhclNlcXVlbmNlOylMamF2YS9sYW5nL1N0cmluZzsKAA0AHwwAIAAhAQAIdG9TdHJpbmcBABQoKUxqYXZhL2xhbmcvU3RyaW5nOwoAIwAkBwAlDAAmACcBABNqYXZhL2lvL1ByaW50U3RyZWFtAQAHcHJpbnRsbgEAFShMamF2YS9sYW5nL1N0cmluZzspVggAKQEABGZhaWwKABkAKwwALAAtAQAGZXF1YWxzAQAVKExqYXZhL2xhbmcvT2JqZWN0OylaBwAvAQAfamF2YS9sYW5nL0lsbGVnYWxTdGF0ZUV4Y2VwdGlvbggAMQEADWFza2VkIHRvIGZhaWwKAC4AMwwABQAnBwA1AQAKZGVtby9IZWxsbwEABENvZGUBAARtYWluAQAWKFtMamF2YS9sYW5nL1N0cmluZzspVgEADVN0YWNrTWFwVGFibGUAIQA0AAIAAAAAAAIAAQAFAAYAAQA2AAAAEQABAAEAAAAFKrcAAbEAAAAAAAkANwA4AAEANgAAAE4ABAABAAAAObIAB7sADVm3AA8SELYAEhIWKrgAGLYAErYAHrYAIiq+ngAYKgMyEii2ACqZAA27AC5ZEjC3ADK/sQAAAAEAOQAAAAMAATgAAA=='

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  const jar = zipSync({
    'META-INF/MANIFEST.MF': Buffer.from('Manifest-Version: 1.0\r\nMain-Class: demo.Hello\r\n\r\n'),
    'demo/Hello.class': Buffer.from(HELLO_CLASS, 'base64'),
  })
  await putJob(cloud, 'code/hello.jar', Buffer.from(jar) as never)
  await putJob(
    cloud,
    'code/sum.sql',
    "-- two statements; and a comment\nCREATE TEMPORARY VIEW days AS SELECT explode(sequence(1, ${last})) AS day;\nSELECT concat('total;', sum(day)) FROM days;\n",
  )
  await putJob(cloud, 'code/wrong.sql', 'SELECT no_such_column FROM VALUES (1) AS t(a);\n')
})
afterAll(() => cloud.close())

const environmentConfig = { executionConfig: { serviceAccount: WORKLOAD, stagingBucket: STAGING } }
async function run(batchId: string, workload: Record<string, unknown>): Promise<ShownBatch> {
  const created = await createBatch(cloud, `batchId=${batchId}`, { ...workload, environmentConfig })
  expect(created.status).toBe(200)
  return waitFor(cloud, batchId, ({ state }) => ['SUCCEEDED', 'FAILED'].includes(state))
}

describe('a jar', () => {
  it('runs the class that its manifest names, with arguments as they are', async () => {
    const batch = await run('jar-1', {
      sparkBatch: { mainJarFileUri: `gs://${STAGING}/code/hello.jar`, args: ['a b', '$HOME'] },
    })
    expect([batch.state, await readOutput(cloud, batch)]).toEqual([
      'SUCCEEDED',
      expect.stringContaining('hello from a jar: a b,$HOME'),
    ])
  }, 120_000)

  it('runs a class found in the jars, and fails with its exception', async () => {
    const batch = await run('jar-2', {
      sparkBatch: {
        mainClass: 'demo.Hello',
        jarFileUris: [`gs://${STAGING}/code/hello.jar`],
        args: ['fail'],
      },
    })
    expect([batch.state, batch.stateMessage]).toEqual([
      'FAILED',
      expect.stringContaining('java.lang.IllegalStateException: asked to fail'),
    ])
  }, 120_000)
})

describe('a file of SQL', () => {
  it('runs statement by statement with its variables', async () => {
    const batch = await run('sql-1', {
      sparkSqlBatch: { queryFileUri: `gs://${STAGING}/code/sum.sql`, queryVariables: { last: '4' } },
    })
    expect([batch.state, await readOutput(cloud, batch)]).toEqual([
      'SUCCEEDED',
      expect.stringContaining('total;10'),
    ])
  }, 180_000)

  it("fails in Spark's words", async () => {
    const batch = await run('sql-2', { sparkSqlBatch: { queryFileUri: `gs://${STAGING}/code/wrong.sql` } })
    expect([batch.state, await readOutput(cloud, batch)]).toEqual([
      'FAILED',
      expect.stringContaining('UNRESOLVED_COLUMN'),
    ])
  }, 180_000)
})
