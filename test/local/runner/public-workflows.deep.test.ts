/** Google's own programs in somebody's workflow, where this machine has them: the real gcloud against the local cloud. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { hasProgram, openShop, type Shop } from '../../support/shop.ts'

const minutes = 60_000
let shop: Shop
beforeAll(async () => {
  // rsync asks for the object of the folder's name first: Google answers that with 403 to whoever may list a prefix only.
  shop = await openShop((text) =>
    text.replace("members: [data-eng], why: 'Repairing", "members: [data-eng, ci-deploy], why: 'Repairing"),
  )
}, 2 * minutes)
afterAll(() => shop.close())

const ifThere = hasProgram('gcloud') ? describe : describe.skip
ifThere('with gcloud', () => {
  it.each([
    ['rsync-site.yml', ['--event', 'push'], 'dags/reports/one.txt'],
    ['composer-dags.yml', [], 'success'],
    ['submit-batch.yml', [], 'success'],
  ])(
    '%s runs',
    async (workflow, args, said) => {
      const ran = await shop.run(workflow, ...args)
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining(said)])
    },
    5 * minutes,
  )
})
