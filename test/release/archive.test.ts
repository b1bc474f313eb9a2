/**
 * What users of the actions download: the source archive of this commit, in which every action must be found,
 * resolve what it names, and start.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'
import { LARGEST_ARCHIVE } from '../../scripts/release/handover.ts'

const root = path.resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(path.join(tmpdir(), 'source-archive-'))
const archive = path.join(scratch, 'archive')
let tar: Buffer

beforeAll(() => {
  tar = execFileSync('git', ['archive', '--format=tar', 'HEAD'], { cwd: root, maxBuffer: 1 << 28 })
  mkdirSync(archive)
  execFileSync('tar', ['-x', '-C', archive], { input: tar })
})
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

const inHead = (pattern: RegExp): string[] =>
  execFileSync('git', ['ls-tree', '-r', '--name-only', 'HEAD'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => pattern.test(file))
const manifests = inHead(/^(actions|\.github\/actions)\/[^/]+\/action\.ya?ml$/)
const read = (file: string): any => parse(readFileSync(path.join(archive, file), 'utf8'))
const usesOf = (steps: readonly { uses?: string }[]): string[] =>
  steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]))

/** Where `uses` leads inside this repository; an action of somebody else must be pinned by its commit. */
function misses(uses: string): string | undefined {
  const own = /^(?:\$|\.)\/(.+)$/.exec(uses)?.[1]
  if (own === undefined)
    return /@[0-9a-f]{40}$/.test(uses) || (uses.startsWith('docker://') && uses.includes('@sha256:'))
      ? undefined
      : `${uses} is not pinned`
  const found = /\.ya?ml$/.test(own)
    ? existsSync(path.join(archive, own))
    : ['action.yml', 'action.yaml'].some((name) => existsSync(path.join(archive, own, name)))
  return found ? undefined : `${uses} is not in the archive`
}

describe.each(manifests)('%s', (manifest) => {
  const folder = path.dirname(manifest)
  const { runs } = parse(
    execFileSync('git', ['show', `HEAD:${manifest}`], { cwd: root, encoding: 'utf8' }),
  ) as { runs: any }

  it('is in the archive', () => {
    expect(read(manifest).runs).toEqual(runs)
  })

  const programs = (['pre', 'main', 'post'] as const).filter(
    (name) => runs.using !== 'composite' && runs[name] !== undefined,
  )
  const started = (name: 'pre' | 'main' | 'post') => {
    const file = path.resolve(archive, folder, runs[name])
    expect(file.startsWith(`${archive}${path.sep}`) && existsSync(file)).toBe(true)
    return spawnSync(process.execPath, [file], {
      cwd: scratch,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        GITHUB_WORKSPACE: scratch,
        RUNNER_TEMP: scratch,
        ...(name === 'post' ? {} : { GITHUB_REPOSITORY: 'octo/clicks' }),
      },
    })
  }
  if (programs.length > 0) {
    it.each(programs)('starts from the archive alone: %s', (name) => {
      const { status, stdout, stderr } = started(name)
      expect(`${stdout}${stderr}`).not.toMatch(/Cannot find module|ERR_MODULE|^\s+at /m)
      // Without inputs an action refuses in a sentence; a post step finds nothing to tidy up.
      expect({ status, stdout }).toEqual(
        name === 'main'
          ? { status: 1, stdout: expect.stringMatching(/^::error[^\n]*it is required and was not given/m) }
          : { status: 0, stdout: expect.any(String) },
      )
    })
  } else {
    it('names only actions and files that are there', () => {
      expect(
        usesOf(runs.steps)
          .map(misses)
          .filter((miss) => miss !== undefined),
      ).toEqual([])
      const scripts = (runs.steps as { run?: string }[]).map(({ run }) => run ?? '').join('\n')
      const files = [
        ...scripts.matchAll(/(?:\$\{?GITHUB_ACTION_PATH\}?|\$\{\{ *github\.action_path *\}\})\/([\w./-]+)/g),
      ].map(([, file = '']) => path.join(folder, file))
      expect(files.filter((file) => !existsSync(path.join(archive, file)))).toEqual([])
    })
  }
})

describe('the archive', () => {
  it('holds every action', () => {
    expect(manifests.filter((file) => file.startsWith('actions/')).length).toBeGreaterThanOrEqual(5)
  })

  it('holds what each reusable workflow uses', () => {
    const missing = inHead(/^\.github\/workflows\/[^/]+\.ya?ml$/).flatMap((file) =>
      Object.values(read(file).jobs as Record<string, any>)
        .flatMap((job) => [...usesOf(job.steps ?? []), ...usesOf([job])])
        .map(misses)
        .filter((miss) => miss !== undefined)
        .map((miss) => `${file}: ${miss}`),
    )
    expect(missing).toEqual([])
  })

  it('holds the platform that the reusable workflows deploy, whole', () => {
    const platform = inHead(/^(spark|dags|dbt|bigquery|terraform-infra|workflows-examples)\//)
    expect(platform.length).toBeGreaterThan(40)
    expect(platform.filter((file) => !existsSync(path.join(archive, file)))).toEqual([])
  })

  it('holds every page its READMEs link', () => {
    const readmes = [
      'README.md',
      ...manifests.map((file) => path.join(path.dirname(file), 'README.md')),
    ].filter((file) => existsSync(path.join(archive, file)))
    const links = readmes.flatMap((file) =>
      [
        ...readFileSync(path.join(archive, file), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g),
      ].map(([, link = '']) => path.join(path.dirname(file), link)),
    )
    expect(links.length).toBeGreaterThan(10)
    expect(links.filter((link) => !existsSync(path.join(archive, link)))).toEqual([])
  })

  it('leaves out what nobody needs to use an action', () => {
    expect(
      readdirSync(archive).filter((name) =>
        /^(test|local|scripts|\.ci|\.changeset|node_modules|package-lock\.json|tsconfig.*|.*\.config\.mjs)$/.test(
          name,
        ),
      ),
    ).toEqual([])
    expect(
      readdirSync(archive, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /^actions\/.*\.ts$/.test(name),
      ),
    ).toEqual([])
  })

  it(`has at most ${LARGEST_ARCHIVE} bytes compressed`, () => {
    const bytes = gzipSync(tar).length
    expect(bytes).toBeLessThanOrEqual(LARGEST_ARCHIVE)
    // Something is in it: the bundles alone are larger than this.
    expect(bytes).toBeGreaterThan(1_000_000)
  })
})
