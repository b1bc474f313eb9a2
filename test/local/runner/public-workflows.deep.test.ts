/** Google's own programs in somebody's workflow, where this machine has them: the real gcloud against the local cloud. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hasProgram, openShop, type Shop } from '../../support/shop.ts'

const minutes = 60_000
let shop: Shop
beforeAll(async () => {
  shop = await openShop({
    access: (text) =>
      text
        // rsync asks for the object of the folder's name first: Google answers that with 403 to whoever may list a prefix only.
        .replace("members: [data-eng], why: 'Repairing", "members: [data-eng, ci-deploy], why: 'Repairing")
        // --deps-bucket asks for the bucket itself.
        .replace(/members: \[data-eng\],\s+why: 'Finding/, "members: [data-eng, ci-deploy], why: 'Finding")
        // bq load writes rows, which ci-deploy otherwise may not.
        .replace(
          /members: \[data-eng, composer, dbt\],\s+why: 'Loading/,
          "members: [data-eng, composer, dbt, ci-deploy], why: 'Loading",
        ),
    // gcloud 528 runs no command of an environment with Airflow 3: its own list ends before.
    environment: (text) => text.replace(/composer-3-airflow-\S+/, 'composer-3-airflow-2.10.5-build.1'),
  })
}, 20 * minutes)
afterAll(() => shop.close())

const ifThere = hasProgram('gcloud') ? describe : describe.skip
ifThere('with gcloud and bq', () => {
  it.each([
    ['rsync-site.yml', ['--event', 'push'], 'dags/reports/one.txt'],
    ['bq-query.yml', [], '42'],
  ])(
    '%s runs',
    async (workflow, args, said) => {
      const ran = await shop.run(workflow, ...args)
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining(said)])
    },
    20 * minutes,
  )

  it(
    'a batch is submitted with its file, followed to its end, described, cancelled and listed',
    async () => {
      const ran = await shop.run('submit-batch.yml')
      expect([ran.code, ran.code ? ran.shown : '']).toEqual([0, ''])
      expect(ran.shown).toContain('│ waits')
      expect(ran.shown).not.toContain('did not finish streaming')
      expect(ran.outputs.batch).toEqual({
        described: 'SUCCEEDED\t1',
        listed: expect.stringMatching(/^nightly-\d+ SUCCEEDED nightly-\d+-long CANCELLED $/),
      })
    },
    20 * minutes,
  )

  it(
    'a DAG is brought into the environment, imported by Airflow, and taken away',
    async () => {
      const ran = await shop.run('composer-dags.yml')
      expect([ran.code, ran.outputs.look, ran.code ? ran.shown : '']).toEqual([
        0,
        {
          bucket: 'gs://caec-local-dags/dags',
          files: 'dags/hourly.py',
          dags: 'dag_id hourly',
          errors: 'No data found',
          left: '0',
        },
        '',
      ])
    },
    20 * minutes,
  )

  it(
    'gcloud storage and bq do what their pages say, on the data of the local cloud',
    async () => {
      const ran = await shop.run('google-tools.yml')
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('✓ tools: success')])
      expect(ran.outputs).toEqual({ tools: { rows: 'b,2 a,1', sizes: '8', listed: 'people' } })
    },
    20 * minutes,
  )
})
