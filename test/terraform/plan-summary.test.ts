/**
 * A plan in words: each kind of change, grants and roles spelt out, values of unknown resources never; and
 * nothing of a name can leave its block.
 */
import { expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarize, toMarkdown } from '../../.github/actions/plan-summary/summarize.mjs'
import { repoRoot } from '../support/cloud.ts'

const recorded = join(import.meta.dirname, 'recorded-plan.json')
const script = join(repoRoot, '.github/actions/plan-summary/summarize.mjs')

it('says what a recorded plan creates, changes, replaces, forgets and destroys', async () => {
  const summary = summarize(JSON.parse(await readFile(recorded, 'utf8')))
  expect(summary).toEqual({
    title: '1 to create, 3 to update, 1 to replace, 1 to destroy, 1 to forget, 1 outputs change',
    counts: { create: 1, update: 3, replace: 1, delete: 1, forget: 1 },
    isEmpty: false,
    isDestructive: true,
    lines: [
      'forget google_bigquery_dataset caec_raw: us-central1, time travel 48 h, destroy: ABANDON, owners at creation: OWNER projectOwners',
      '~ google_composer_environment caec: us-central1, composer-3-airflow-3.3.1-build.4, ENVIRONMENT_SIZE_SMALL, as caec-composer@caec-local.iam.gserviceaccount.com, on caec-local-dags\n    was: google_composer_environment caec: us-central1, composer-3-airflow-3.3.1-build.2, ENVIRONMENT_SIZE_SMALL, as caec-composer@caec-local.iam.gserviceaccount.com, on caec-local-dags\n    changes: config',
      '~ google_project_iam_custom_role caecBucketReader: storage.buckets.get storage.buckets.list storage.objects.list\n    was: google_project_iam_custom_role caecBucketReader: storage.buckets.get storage.buckets.list\n    changes: permissions',
      '- google_project_iam_member project caec-local: roles/bigquery.user to serviceAccount:caec-data-eng@caec-local.iam.gserviceaccount.com',
      '~ google_secret_manager_secret_version.token\n    changes: secret_data',
      '± google_storage_bucket caec-local-lake: europe-west1, uniform access, public access enforced, versions off, soft delete 7 days, destroy: PREVENT',
      '+ google_storage_bucket_iam_member bucket caec-local-raw: roles/storage.objectViewer to serviceAccount:caec-spark@caec-local.iam.gserviceaccount.com if only-events: resource.name.startsWith("projects/_/buckets/caec-local-raw/objects/events/")',
    ].sort((a, b) => (a.replace(/^\S+ /, '') < b.replace(/^\S+ /, '') ? -1 : 1)),
  })
  expect(JSON.stringify(summary)).not.toContain('hunter2')
})

it('says that nothing changes when nothing does', () => {
  const summary = summarize({
    resource_changes: [
      { address: 'a.b', type: 'a', mode: 'managed', change: { actions: ['no-op'], before: {}, after: {} } },
    ],
  })
  expect(summary).toMatchObject({ isEmpty: true, isDestructive: false, lines: [] })
  expect(toMarkdown(summary, 'dev')).toContain('Nothing changes.')
})

it('refuses an action that it does not know rather than leave it out', () => {
  expect(() =>
    summarize({
      resource_changes: [{ address: 'a.b', type: 'a', mode: 'managed', change: { actions: ['vanish'] } }],
    }),
  ).toThrow('the plan has an action that is not known here: vanish')
})

it('keeps a hostile name inside its block', () => {
  const change = { actions: ['create'], before: null, after: { service: 'x```\n# Approved' } }
  const text = toMarkdown(
    summarize({
      resource_changes: [{ address: 'a.b', type: 'google_project_service', mode: 'managed', change }],
    }),
    'dev',
  )
  expect(text.split('\n').filter((line) => line.startsWith('````'))).toHaveLength(2)
  expect(text).not.toMatch(/^# Approved/m)
})

it('writes the summary and the outputs of the step, and one sentence when it cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plan summary '))
  try {
    const [summaryFile, outputFile] = [join(folder, 'summary'), join(folder, 'output')]
    await Promise.all([writeFile(summaryFile, ''), writeFile(outputFile, '')])
    const run = (file: string) =>
      spawnSync(process.execPath, [script, file, 'dev'], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, GITHUB_STEP_SUMMARY: summaryFile, GITHUB_OUTPUT: outputFile },
      })
    expect(run(recorded)).toMatchObject({ status: 0, stderr: '' })
    expect(await readFile(outputFile, 'utf8')).toBe('is-empty=false\nis-destructive=true\n')
    expect(await readFile(summaryFile, 'utf8')).toMatch(/^### dev\n\n1 to create.*\n\n> \[!CAUTION\]/)
    expect(run(join(folder, 'nothing.json'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^summarizing the plan: ENOENT.*\n$/),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
