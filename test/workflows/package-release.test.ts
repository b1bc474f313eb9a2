/**
 * The release package: the same bytes wherever it is made, another digest for another byte, and a refusal in
 * one sentence for what must not be in it.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findPython } from '../../local/toolchain/find-python.mjs'
import { startTestCloud } from '../support/cloud.ts'
import { runBundle } from '../support/runner.ts'
import { signIn } from '../support/signed-in-job.ts'

const root = path.resolve(import.meta.dirname, '../..')
const script = path.join(root, '.github/actions/package-release/package_release.py')
const python = findPython(10).python?.path ?? 'python3'
const sources = ['spark', 'dags', 'dbt', 'bigquery']
const image = `us-central1-docker.pkg.dev/caec-local/clickstream/dbt@sha256:${'a'.repeat(64)}`
let scratch: string

beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'release package '))
})
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true })
})

function checkout(name: string): string {
  const folder = path.join(scratch, name)
  for (const source of sources)
    cpSync(path.join(root, source), path.join(folder, source), {
      recursive: true,
      filter: (file) => !/\/(target|logs|__pycache__)$/.test(file),
    })
  return folder
}

interface Ran {
  readonly code: number | null
  readonly said: string
  readonly outputs: Record<string, string>
  readonly summary: string
}

function run(
  folder: string,
  args: readonly string[],
  options: { env?: Record<string, string>; umask?: string } = {},
): Ran {
  const files = mkdtempSync(path.join(scratch, 'step '))
  const [output, summary] = [path.join(files, 'output'), path.join(files, 'summary')]
  const done = spawnSync(
    'sh',
    ['-c', 'umask "$1"; shift; exec "$@"', 'sh', options.umask ?? '022', python, '-I', script, ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH ?? '',
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...options.env,
      },
    },
  )
  const text = existsSync(output) ? readFileSync(output, 'utf8') : ''
  const outputs = Object.fromEntries(
    [...text.matchAll(/^([\w-]+)(?:=(.*)|<<(END_OF_LIST)\n([\s\S]*?)\nEND_OF_LIST)$/gm)].map(
      ([, name = '', value, , lines]) => [name, lines ?? value ?? ''],
    ),
  )
  return {
    code: done.status,
    said: done.stdout + done.stderr,
    outputs,
    summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '',
  }
}
const make = (folder: string, ...args: string[]): Ran => run(folder, ['--mode=make', ...args])
const verify = (folder: string, digest: string): Ran => run(folder, ['--mode=verify', `--digest=${digest}`])
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
const bytesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    filesOf(folder).map((file) => [file, readFileSync(path.join(folder, file)).toString('base64')]),
  )

describe('a release package', () => {
  it('is the same, byte for byte, in another folder, locale, time zone, umask and with other times and modes', () => {
    const [one, two] = [checkout('one'), checkout('a much deeper/place with spaces')]
    for (const file of filesOf(two)) {
      utimesSync(path.join(two, file), 1_000_000_000, 1_000_000_000)
      chmodSync(path.join(two, file), 0o755)
    }
    mkdirSync(path.join(two, 'dbt/target'))
    writeFileSync(path.join(two, 'dbt/target/manifest.json'), '{}')
    mkdirSync(path.join(two, 'spark/tables/__pycache__'))
    writeFileSync(path.join(two, 'spark/tables/__pycache__/lake.cpython-311.pyc'), 'x')
    const first = make(one, `--dbt-image=${image}`)
    const second = run(two, [`--dbt-image=${image}`], {
      umask: '077',
      env: { LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Auckland', PYTHONHASHSEED: '7' },
    })
    expect([first.code, second.code, first.said + second.said]).toEqual([0, 0, ''])
    expect(second.outputs).toEqual(first.outputs)
    expect(bytesOf(path.join(two, 'release'))).toEqual(bytesOf(path.join(one, 'release')))
  })

  it('holds jobs, modules, DAGs, dbt, views and what the DAG reads from beside itself', () => {
    const folder = checkout('one')
    const made = make(folder, `--dbt-image=${image}`)
    const files = filesOf(path.join(folder, 'release'))
    for (const file of [
      'release.json',
      'spark/jobs/clean.py',
      'spark/jobs/sessionize.py',
      'spark/tables.zip',
      'spark/transforms.zip',
      'dags/clickstream_pipeline.py',
      'dags/clickstream_pipeline.release.json',
      'dbt/dbt_project.yml',
      'bigquery/views/caec_insights/kpi_daily_sessions.sql',
    ]) {
      expect(files).toContain(file)
    }
    const read = JSON.parse(
      readFileSync(path.join(folder, 'release/dags/clickstream_pipeline.release.json'), 'utf8'),
    ) as Record<string, unknown>
    const pyFiles = [
      expect.stringMatching(/^submit-spark\/[0-9a-f]{64}\/tables\.zip$/),
      expect.stringMatching(/^submit-spark\/[0-9a-f]{64}\/transforms\.zip$/),
    ]
    expect(read).toEqual({
      schemaVersion: 1,
      digest: made.outputs.digest,
      dbt: { image },
      spark: {
        clean: { main: expect.stringMatching(/^submit-spark\/[0-9a-f]{64}\/clean\.py$/), pyFiles },
        erase_visitor: { main: expect.stringMatching(/\/erase_visitor\.py$/), pyFiles },
        sessionize: { main: expect.stringMatching(/\/sessionize\.py$/), pyFiles },
      },
    })
    expect(made.summary).toContain(`Digest \`${made.outputs.digest}\`, dbt image ${image}.`)
    expect(made.summary).toContain('| `spark/jobs/` | 3 |')
  })

  it.each([
    ['a job', 'spark/jobs/clean.py'],
    ['a module', 'spark/tables/lake.py'],
    ['a DAG', 'dags/clickstream_pipeline.py'],
    ['a macro', 'dbt/macros/checked_day.sql'],
    ['a view', 'bigquery/views/caec_insights/kpi_daily_sessions.sql'],
  ])('has another digest when one byte of %s changes', (_what, file) => {
    const folder = checkout('one')
    const before = make(folder).outputs.digest
    renameSync(path.join(folder, 'release'), path.join(folder, 'earlier'))
    appendFileSync(path.join(folder, file), '\n')
    expect(make(folder).outputs.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.parse(readFileSync(path.join(folder, 'release/release.json'), 'utf8')).digest).not.toBe(
      before,
    )
  })

  it('has another digest with another image, and with a file renamed', () => {
    const digests = ['', image, image.replace('aaaa', 'bbbb')].map(
      (dbtImage, index) => make(checkout(`image ${index}`), `--dbt-image=${dbtImage}`).outputs.digest,
    )
    const renamed = checkout('renamed')
    renameSync(
      path.join(renamed, 'dbt/macros/checked_day.sql'),
      path.join(renamed, 'dbt/macros/checked_date.sql'),
    )
    expect(new Set([...digests, make(renamed).outputs.digest]).size).toBe(4)
  })

  it('names exactly the objects that submit-spark stages from it', async () => {
    const cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
    const job = await signIn(cloud)
    try {
      for (const source of sources)
        cpSync(path.join(root, source), path.join(job.workspace, source), { recursive: true })
      const { outputs } = make(job.workspace)
      // A job that ends at once: what is looked at is the names.
      const staged = await runBundle('submit-spark', {
        job,
        env: job.env,
        with: {
          main: outputs['spark-main']!,
          files: outputs['spark-files']!,
          'py-files': outputs['spark-py-files']!,
          region: 'us-central1',
          'dry-run': 'true',
          'service-account': 'caec-spark@caec-local.iam.gserviceaccount.com',
          'staging-bucket': 'caec-local-staging',
        },
      })
      expect([staged.exitCode, staged.annotations.filter(({ kind }) => kind === 'error')]).toEqual([0, []])
      const { spark } = JSON.parse(
        readFileSync(path.join(job.workspace, 'release/dags/clickstream_pipeline.release.json'), 'utf8'),
      ) as { spark: Record<string, { main: string; pyFiles: string[] }> }
      const named = Object.values(spark)
        .flatMap(({ main, pyFiles }) => [main, ...pyFiles])
        .map((object) => `gs://caec-local-staging/${object}`)
      expect(named.length).toBeGreaterThan(0)
      for (const uri of named) expect(staged.log).toContain(uri)
    } finally {
      await Promise.all([job.close(), cloud.close()])
    }
  })
})

describe('verifying', () => {
  it('accepts what was made and puts out the same', () => {
    const folder = checkout('one')
    const made = make(folder, `--dbt-image=${image}`)
    const again = verify(folder, made.outputs.digest!)
    expect([again.code, again.said]).toEqual([0, ''])
    expect(again.outputs).toEqual(made.outputs)
  })

  it.each<[string, (release: string) => void, RegExp]>([
    [
      'a changed file',
      (release) => appendFileSync(path.join(release, 'dags/clickstream_pipeline.py'), '#'),
      /the digest of release is [0-9a-f]{64}, not [0-9a-f]{64}; changed since it was made: dags\/clickstream_pipeline\.py; nothing of it may be deployed/,
    ],
    [
      'a missing file',
      (release) => rmSync(path.join(release, 'spark/tables.zip')),
      /changed since it was made: spark\/tables\.zip/,
    ],
    [
      'a file more',
      (release) => writeFileSync(path.join(release, 'dags/extra.py'), ''),
      /changed since it was made: dags\/extra\.py/,
    ],
    [
      'another list of batches for the DAG',
      (release) => appendFileSync(path.join(release, 'dags/clickstream_pipeline.release.json'), ' '),
      /release\/dags\/clickstream_pipeline\.release\.json does not say what the package holds/,
    ],
    [
      'a summary that is none',
      (release) => writeFileSync(path.join(release, 'release.json'), '[]'),
      /release\/release\.json is not a summary of version 1/,
    ],
    [
      'a link',
      (release) => symlinkSync('/etc/passwd', path.join(release, 'dags/link.py')),
      /release\/dags\/link\.py is a symbolic link/,
    ],
  ])('refuses %s in one sentence', (_what, spoil, sentence) => {
    const folder = checkout('one')
    const { digest } = make(folder).outputs
    spoil(path.join(folder, 'release'))
    const result = verify(folder, digest!)
    expect(result.code).toBe(1)
    expect(result.said.trim()).toMatch(sentence)
    expect(result.said.trim().split('\n')).toHaveLength(1)
    expect(result.outputs).toEqual({})
  })

  it('refuses another release, and a digest that is none', () => {
    const folder = checkout('one')
    make(folder)
    expect(verify(folder, '0'.repeat(64)).said).toMatch(
      /not 0{64}; it is another release; nothing of it may be deployed/,
    )
    expect(verify(folder, 'latest').said).toMatch(/digest is "latest"; write the 64 hexadecimal digits/)
  })

  it('takes the digests of every plan, or refuses before anything is signed in', () => {
    const folder = checkout('one')
    const digest = make(folder).outputs.digest!
    const withPlans = (plans: string): Ran =>
      run(folder, ['--mode=verify', `--digest=${digest}`, `--expected-plans=${plans}`])
    const reviewed = Object.fromEntries(
      ['ddl', 'spark', 'dags', 'views'].map((name) => [name, 'a'.repeat(64)]),
    )
    expect(withPlans(JSON.stringify({ ...reviewed, more: 1 })).code).toBe(0)
    expect(withPlans('').code).toBe(0)
    for (const [plans, words] of [
      ['latest', /expected-plans: it is no JSON object; write the line that the comment/],
      ['["a"]', /it is no JSON object/],
      [JSON.stringify({ ...reviewed, ddl: undefined }), /digits for ddl; a plan of it was not reviewed/],
      [JSON.stringify({ ...reviewed, spark: '' }), /digits for spark; a plan of it was not reviewed/],
      [JSON.stringify({ ...reviewed, views: 'x' }), /digits for views; a plan of it was not reviewed/],
    ] as const) {
      const refused = withPlans(plans)
      expect([refused.code, refused.outputs]).toEqual([1, {}])
      expect(refused.said).toMatch(words)
    }
    rmSync(path.join(folder, 'release'), { recursive: true })
    rmSync(path.join(folder, 'bigquery/ddl'), { recursive: true })
    const { ddl: _none, ...others } = reviewed
    const without = make(folder).outputs.digest!
    expect(
      run(folder, ['--mode=verify', `--digest=${without}`, `--expected-plans=${JSON.stringify(others)}`])
        .code,
    ).toBe(0)
  })
})

describe('packaging refuses in one sentence', () => {
  it.each<[string, (folder: string) => void, readonly string[], RegExp]>([
    [
      'a link',
      (folder) => symlinkSync('/etc/passwd', path.join(folder, 'dags/link.py')),
      [],
      /dags\/link\.py is a symbolic link; put the file itself there/,
    ],
    [
      'a linked folder',
      (folder) => symlinkSync(path.join(folder, 'dbt'), path.join(folder, 'other')),
      ['--dbt=other'],
      /dbt is "other", and other is a symbolic link/,
    ],
    [
      'credentials',
      (folder) => writeFileSync(path.join(folder, 'dbt/gha-creds-0123456789abcdef.json'), '{}'),
      [],
      /dbt\/gha-creds-0123456789abcdef\.json is a credentials file and is never packaged/,
    ],
    [
      'an absolute path',
      () => undefined,
      ['--dags=/etc'],
      /dags is "\/etc"; write a path inside the checkout/,
    ],
    [
      'a way out',
      () => undefined,
      ['--spark=../spark'],
      /spark is "\.\.\/spark"; write a path inside the checkout/,
    ],
    [
      'no jobs',
      (folder) => rmSync(path.join(folder, 'spark/jobs'), { recursive: true }),
      [],
      /spark\/jobs holds no \.py file/,
    ],
    [
      'a loose module',
      (folder) => writeFileSync(path.join(folder, 'spark/extra.py'), ''),
      [],
      /spark\/extra\.py would not be found by a job/,
    ],
    [
      'a folder that is not there',
      () => undefined,
      ['--views=views'],
      /the views folder views is not a folder of the checkout/,
    ],
    [
      'a tag for an image',
      () => undefined,
      ['--dbt-image=host/project/repository/dbt:latest'],
      /write HOST\/PROJECT\/REPOSITORY\/NAME@sha256:/,
    ],
    ['an unknown DAG', () => undefined, ['--dag=other'], /dags\/other\.py does not exist/],
    [
      'a release of its own in the sources',
      (folder) => writeFileSync(path.join(folder, 'dags/other.release.json'), '{}'),
      [],
      /dags\/other\.release\.json is in the sources/,
    ],
    ['an output inside the sources', () => undefined, ['--output=dags/release'], /hold each other/],
    [
      'an output that is not empty',
      (folder) => {
        mkdirSync(path.join(folder, 'release'))
        writeFileSync(path.join(folder, 'release/mine'), '')
      },
      [],
      /release is there already and not empty/,
    ],
    ['another mode', () => undefined, ['--mode=pack'], /mode is "pack"; write make or verify/],
  ])('%s', (_what, prepare, args, sentence) => {
    const folder = checkout('one')
    prepare(folder)
    const result = make(folder, ...args)
    expect([result.code, result.outputs]).toEqual([1, {}])
    expect(result.said.trim()).toMatch(sentence)
    expect(result.said.trim().split('\n')).toHaveLength(1)
    const onRunner = run(folder, ['--mode=make', ...args], { env: { GITHUB_ACTIONS: 'true' } })
    expect(onRunner.said).toMatch(/^::error title=Release package::/)
  })
})
