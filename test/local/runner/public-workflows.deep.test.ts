/** Google's own programs in somebody's workflow, where this machine has them: the real gcloud against the local cloud. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hasProgram, openShop, type Shop } from '../../support/shop.ts'

const minutes = 60_000
let shop: Shop
beforeAll(async () => {
  // rsync asks for the object of the folder's name first: Google answers that with 403 to whoever may list a prefix only.
  shop = await openShop((text) =>
    text
      .replace("members: [data-eng], why: 'Repairing", "members: [data-eng, ci-deploy], why: 'Repairing")
      // bq load writes rows, which ci-deploy otherwise may not.
      .replace(
        /members: \[data-eng, composer, dbt\],\s+why: 'Loading/,
        "members: [data-eng, composer, dbt, ci-deploy], why: 'Loading",
      ),
  )
}, 20 * minutes)
afterAll(() => shop.close())

const ifThere = hasProgram('gcloud') ? describe : describe.skip
ifThere('with gcloud and bq', () => {
  it.each([
    ['rsync-site.yml', ['--event', 'push'], 'dags/reports/one.txt'],
    ['composer-dags.yml', [], 'success'],
    ['submit-batch.yml', [], 'success'],
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
    'gcloud storage and bq do what their pages say, on the data of the local cloud',
    async () => {
      const ran = await shop.run('google-tools.yml')
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('✓ tools: success')])
      expect(ran.outputs).toEqual({ tools: { rows: 'b,2 a,1', sizes: '8', listed: 'people' } })
    },
    20 * minutes,
  )
})
