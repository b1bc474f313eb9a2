/**
 * The release workflow's promises that no linter knows: who has which privileges, what the privileged job
 * executes, and in which order.
 */
import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

const text = readFileSync(path.join(import.meta.dirname, '../../.github/workflows/release.yml'), 'utf8')
const workflow = parse(text)
const { deep, prepare, publish } = workflow.jobs
const runsOf = (job: any): string[] =>
  job.steps.map(({ run }: { run?: string }) => run ?? '').filter((run: string) => run !== '')

describe('the release workflow', () => {
  it('gives privileges to the one job that a person approves, after every check', () => {
    expect(Object.keys(workflow.jobs)).toEqual(['deep', 'prepare', 'publish'])
    expect([deep.uses, deep.permissions]).toEqual(['$/.github/workflows/deep.yml', { contents: 'read' }])
    expect(workflow.permissions).toEqual({})
    expect(prepare.permissions).toEqual({ contents: 'read' })
    expect(prepare.environment).toBeUndefined()
    expect(publish).toMatchObject({
      needs: ['prepare', 'deep'],
      environment: 'release',
      permissions: { contents: 'write', 'id-token': 'write', attestations: 'write' },
    })
    expect(Object.keys(publish.permissions)).toHaveLength(3)
  })

  it('keeps no credentials on disk and no token in the job that runs dependencies', () => {
    for (const job of [prepare, publish]) {
      const checkouts = job.steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))
      expect(checkouts.map((step: any) => step.with['persist-credentials'])).toEqual([false])
    }
    expect(JSON.stringify(prepare)).not.toMatch(/github\.token|secrets\./)
  })

  it('installs and builds nothing where it has privileges: only the publishing file runs, with the digest that was handed on', () => {
    const commands = runsOf(publish).flatMap((run) => run.trim().split('\n'))
    expect(commands.filter((command) => !command.startsWith('node '))).toEqual(['gh auth setup-git'])
    expect(
      commands
        .filter((command) => command.startsWith('node '))
        .map((command) => command.replace(/ --repository "\$GITHUB_REPOSITORY"$/, '')),
    ).toEqual(
      ['check', 'push', 'github', 'move-major'].map(
        (verb) => `node scripts/release/publish.mjs ${verb} --from build/release --digest "$DIGEST"`,
      ),
    )
    expect(publish.env.DIGEST).toBe('${{ needs.prepare.outputs.digest }}')
  })

  it('attests where it was built and what it contains before anything is public, and moves the major tag last', () => {
    const order = publish.steps.map(
      ({ uses = '', run = '' }) =>
        /publish\.mjs ([a-z-]+)/.exec(run)?.[1] ?? /^actions\/([a-z-]+)@/.exec(uses)?.[1],
    )
    expect(order).toEqual([
      'checkout',
      'download-artifact',
      'check',
      'attest',
      'attest',
      'push',
      'github',
      'move-major',
    ])
    const attestations = publish.steps
      .filter(({ uses = '' }) => uses.startsWith('actions/attest@'))
      .map((step: any) => step.with)
    expect(attestations).toEqual([
      { 'subject-checksums': 'build/release/assets/SHA256SUMS' },
      {
        'subject-checksums': 'build/release/assets/SHA256SUMS',
        'sbom-path': 'build/release/assets/sbom.cdx.json',
      },
    ])
  })

  it('pins every action by its commit with the version beside it, and puts no expression into a script', () => {
    const uses = text.split('\n').filter((line) => /\buses:(?! \$\/)/.test(line))
    expect(uses).toHaveLength(6)
    expect(uses.filter((line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual(
      [],
    )
    expect([...runsOf(prepare), ...runsOf(publish)].filter((run) => run.includes('${{'))).toEqual([])
  })

  it('never cuts off a release that publishes, and does not start from the release commit itself', () => {
    expect(publish.concurrency).toEqual({ group: 'release-publish', 'cancel-in-progress': false })
    for (const job of [prepare, deep])
      expect(job.if).toContain("!startsWith(github.event.head_commit.message, 'Release v')")
  })
})

it('has every night the time that a deep run was measured to need', () => {
  const nightly = parse(
    readFileSync(path.join(import.meta.dirname, '../../.github/workflows/deep.yml'), 'utf8'),
  ) as {
    on: { schedule: unknown[] }
    jobs: { deep: { 'timeout-minutes': number; steps: { run?: string }[] } }
  }
  expect(nightly.on.schedule).toHaveLength(1)
  const { 'timeout-minutes': minutes, steps } = nightly.jobs.deep
  expect(steps.at(-1)?.run).toBe('npm run --silent check:deep')
  // 147 minutes on two busy cores, and half as much again; GitHub ends a job after 360.
  expect(minutes).toBeGreaterThanOrEqual(220)
  expect(minutes).toBeLessThanOrEqual(360)
})
