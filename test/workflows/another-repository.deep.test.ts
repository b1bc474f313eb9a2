/** A repository that has nothing but a caller: whose actions run, and what they deploy. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { repoRoot } from '../support/cloud.ts'
import { asAnother, callersRepository, ours } from './callers-repository.ts'
import { jobOf, openPlatforms, readObject, stepsOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms
let scratch: string
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'another repository '))
  platforms = await openPlatforms()
}, 40 * minutes)
afterAll(async () => {
  await platforms?.close()
  rmSync(scratch, { recursive: true, force: true })
})

describe('another-repository/', () => {
  it(
    'deploys the reference platform from a file, with the actions of the called repository and not those of the same names in its own checkout',
    async () => {
      const result = await platforms.run('.github/workflows/platform.yml', {
        repositoryRoot: callersRepository(scratch),
        repositories: { [ours]: repoRoot },
        withoutJobs: ['build/image'],
        ...asAnother(platforms),
      })
      expect(platforms.shown.join('\n')).not.toContain('the decoy ran')
      expect(verdict(result)).toMatchObject({
        build: 'success',
        'build/check': 'success',
        'build/package': 'success',
        deploy: 'success',
        'deploy/deploy': 'success',
      })
      const release = JSON.parse(
        (await readObject(platforms.dev, 'dags', 'dags/clickstream_pipeline.release.json')).toString(),
      ) as { digest: string }
      expect(release.digest).toBe(jobOf(result, 'build').outputs.digest)
      expect(stepsOf(jobOf(result, 'deploy/deploy'))['Publish views']).toBe('success')
    },
    30 * minutes,
  )
})
