/**
 * A repository that has nothing but a caller, and one that made a mistake in it: whose actions run, and what
 * its author is told.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { repoRoot } from '../support/cloud.ts'
import { jobOf, openPlatforms, readObject, stepsOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms
let scratch: string
beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'another repository '))
  platforms = await openPlatforms()
}, 15 * minutes)
afterAll(async () => {
  await platforms?.close()
  rmSync(scratch, { recursive: true, force: true })
})

describe('another-repository/', () => {
  const ours = 'example/clickstream-platform'
  let root: string
  beforeAll(() => {
    root = path.join(scratch, 'shop')
    cpSync(path.join(repoRoot, 'workflows-examples/another-repository'), root, { recursive: true })
    // Folders of the same names as ours, which must never be taken for them.
    for (const name of ['auth', 'deploy-dags', 'publish-views', 'run-dbt', 'submit-spark', 'apply-ddl'])
      decoy(path.join(root, 'actions', name))
    for (const name of ['check-sources', 'package-release']) decoy(path.join(root, '.github/actions', name))
  })
  const decoy = (folder: string): void => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      path.join(folder, 'action.yml'),
      'name: decoy\ndescription: must not run\nruns:\n  using: node24\n  main: index.js\n',
    )
    writeFileSync(path.join(folder, 'index.js'), "console.log('::error::the decoy ran'); process.exit(1)\n")
  }

  it(
    'deploys the reference platform from a file, with the actions of the called repository and not those of the same names in its own checkout',
    async () => {
      const result = await platforms.run('.github/workflows/platform.yml', {
        repositoryRoot: root,
        identity: platforms.identity,
        repositories: { [ours]: repoRoot },
        withoutJobs: ['build/image'],
        ...asAnother(),
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
    10 * minutes,
  )

  /** Its own name, with the ids that the local cloud's bindings name. */
  const asAnother = (): object => ({ identity: { ...platforms.identity, repository: 'example/shop' } })

  it.each<[string, (text: string) => string, RegExp]>([
    [
      'forgets id-token: write',
      (text) => text.replaceAll('id-token: write', 'id-token: none'),
      /The nested job 'image' is requesting 'id-token: write', but is only allowed 'id-token: none'\. Write permissions: \{.*id-token: write.*\} in the job 'build'/,
    ],
    [
      'passes an unknown input',
      (text) => text.replace('      sources: reference', '      source: reference'),
      /Invalid input, source is not defined in the referenced workflow\. .*build\.yml declares the inputs: sources, spark/,
    ],
    [
      'names an unknown environment',
      (text) =>
        text
          .replace('environment: dev', 'environment: staging')
          .replace('    needs: build\n', '')
          .replace(/digest: .*/, `digest: ${'0'.repeat(64)}`),
      /environment 'staging' is not known; write one of dev, prod/,
    ],
    [
      'forgets the digest',
      (text) => text.replace(/ +digest: .*\n/, ''),
      /Input digest is required, but not provided while calling\. Write with: \{ digest: … \}/,
    ],
  ])(
    'is told in one sentence when it %s',
    async (_what, spoil, sentence) => {
      const file = path.join(root, '.github/workflows/platform.yml')
      const text = readFileSync(file, 'utf8')
      try {
        writeFileSync(file, spoil(text))
        const said = await platforms
          .run('.github/workflows/platform.yml', {
            repositoryRoot: root,
            repositories: { [ours]: repoRoot },
            withoutJobs: ['build/image', 'build/check', 'build/package'],
            ...asAnother(),
          })
          .then(
            (result) => Object.values(verdict(result)).join('\n'),
            (error: Error) => error.message,
          )
        expect(said).toMatch(sentence)
      } finally {
        writeFileSync(file, text)
      }
    },
    5 * minutes,
  )

  it(
    'is warned of a ref that can move',
    async () => {
      const file = path.join(root, '.github/workflows/platform.yml')
      const text = readFileSync(file, 'utf8')
      try {
        writeFileSync(file, text.replaceAll(/@[0-9a-f]{40} # v1\.0\.0/g, '@v1'))
        await platforms.run('.github/workflows/platform.yml', {
          repositoryRoot: root,
          repositories: { [ours]: repoRoot },
          withoutJobs: ['build', 'deploy/deploy'],
          ...asAnother(),
        })
        expect(platforms.shown.join('\n')).toMatch(
          /deploy\.yml@v1 can change without notice: pin it to a full commit SHA/,
        )
      } finally {
        writeFileSync(file, text)
      }
    },
    5 * minutes,
  )
})
