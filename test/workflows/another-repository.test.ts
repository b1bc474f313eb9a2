/**
 * A repository that made a mistake in its caller: what its author is told. The one that made none is deployed in
 * another-repository.deep.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { repoRoot } from '../support/cloud.ts'
import { asAnother, callersRepository, ours } from './callers-repository.ts'
import { openPlatforms, verdict, type Platforms } from './platforms.ts'

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
  let root: string
  beforeAll(() => {
    root = callersRepository(scratch)
  })

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
            ...asAnother(platforms),
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
          ...asAnother(platforms),
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
