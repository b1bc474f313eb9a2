/** INFORMATION_SCHEMA.JOBS for whoever may list the jobs of others: roles/bigquery.resourceViewer beside a right to query. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repoRoot } from '../../support/cloud.ts'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let folder: string
let cloud: BigQueryCloud

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobs of others '))
  const access = parse(await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')) as {
    bindings: { project: unknown[] }
  }
  access.bindings.project.push({
    role: 'roles/bigquery.resourceViewer',
    members: ['analyst'],
    why: 'Reading what others ran.',
  })
  const accessFile = join(folder, 'access.yaml')
  await writeFile(accessFile, JSON.stringify(access))
  cloud = await openBigQuery({ accessFile })
})
afterAll(async () => {
  await cloud?.close()
  await rm(folder, { recursive: true, force: true })
})

it.each(['JOBS', 'JOBS_BY_PROJECT'])('%s has a row for each job of each person', async (view) => {
  const { 'data-eng': engineer, analyst } = cloud.cloud.environment.serviceAccounts
  const sql = (persona: 'data-eng' | 'analyst', query: string) => cloud.query(persona, query)
  await sql('data-eng', `SELECT 1 AS of_engineer_${view}`)
  await sql('analyst', `SELECT 2 AS of_analyst_${view}`)
  await sql('analyst', `SELECT missing AS of_analyst_${view}`)
  const told = `SELECT user_email, job_type, statement_type, state, error_result.reason FROM \`region-us-central1\`.INFORMATION_SCHEMA.${view} WHERE query LIKE 'SELECT % AS of_%_${view}' ORDER BY creation_time, query`
  expect((await sql('analyst', told)).rows).toEqual([
    [engineer, 'QUERY', 'SELECT', 'DONE', null],
    [analyst, 'QUERY', 'SELECT', 'DONE', null],
    [analyst, 'QUERY', null, 'DONE', 'invalidQuery'],
  ])
  expect(await sql('data-eng', told)).toMatchObject({
    status: 403,
    body: { error: { message: expect.stringContaining('bigquery.jobs.listAll') } },
  })
})
