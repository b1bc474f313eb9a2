/**
 * Workflows like those in public, by the command line: each runs, or is refused before its first step with what to do.
 * Those that call Google's own programs are in public-workflows.deep.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { chmodSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../../local/toolchain/index.ts'
import { openShop, type Shop } from '../../support/shop.ts'

const minutes = 60_000
let shop: Shop
beforeAll(async () => {
  shop = await openShop()
}, 2 * minutes)
afterAll(() => shop.close())

describe('a workflow as people write it runs', () => {
  it.each<[string, string[], Record<string, Record<string, string>>]>([
    ['python-cache.yml', ['--event', 'push'], { test: {} }],
    [
      'comment-size.yml',
      ['--event', 'pull_request'],
      { size: { what: '"created"', count: '1', again: 'new' } },
    ],
    ['matrix-artifacts.yml', ['--event', 'push'], { build: {}, gather: { all: 'europe-west1 us-central1' } }],
    ['composite-setup.yml', [], { job: { node: `v${process.versions.node}` } }],
    ['calls-another.yml', ['--event', 'push'], { after: {}, 'deploy/deploy': { project: 'caec-local' } }],
    ['postgres.yml', ['--event', 'push', '--without-job', 'integration'], { unit: {} }],
  ])(
    '%s',
    async (workflow, args, outputs) => {
      const ran = await shop.run(workflow, ...args)
      expect([ran.code, ran.conclusion, ran.shown]).toEqual([0, 'success', expect.anything()])
      expect(ran.outputs).toMatchObject(outputs)
    },
    2 * minutes,
  )
})

describe('Google’s clients in a step reach the local cloud', () => {
  const path = process.env.PATH
  beforeAll(async () => {
    process.env.PATH = [dirname((await ensureDbt(() => undefined)).dbt), path].join(delimiter)
    const flags = 'flags: { send_anonymous_usage_stats: false }'
    shop.write('dbt_project.yml', `name: shop\nprofile: shop\nmodel-paths: [models]\n${flags}\n`)
    const target = 'type: bigquery, method: oauth, project: caec-local, dataset: caec_analytics, threads: 2'
    shop.write(
      'profiles.yml',
      `shop: { target: ci, outputs: { ci: { ${target}, location: us-central1 } } }\n`,
    )
    shop.write('models/shop_answer.sql', "{{ config(materialized='table') }}\nSELECT 42 AS answer\n")
    const columns = 'columns: [{ name: answer, data_tests: [not_null, unique] }]'
    shop.write('models/schema.yml', `models: [{ name: shop_answer, ${columns} }]\n`)
  }, 10 * minutes)
  afterAll(() => {
    process.env.PATH = path
  })

  it(
    'dbt of the machine',
    async () => {
      const ran = await shop.run('dbt-own.yml')
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('PASS=3 WARN=0 ERROR=0')])
    },
    5 * minutes,
  )

  it(
    'and with --allow-network as well, whose network leads nowhere',
    async () => {
      const text = readFileSync(join(shop.root, '.github/workflows/dbt-own.yml'), 'utf8')
      const nowhere = 'env: { HTTPS_PROXY: http://127.0.0.1:9 }\njobs:'
      shop.write('.github/workflows/dbt-networked.yml', text.replace('jobs:', nowhere))
      const ran = await shop.run('dbt-networked.yml', '--allow-network')
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('PASS=3 WARN=0 ERROR=0')])
    },
    5 * minutes,
  )
})

describe('what cannot run is refused before the first step, with what to do', () => {
  it.each<[string, string[], string]>([
    [
      'postgres.yml',
      ['--event', 'push'],
      '.github/workflows/postgres.yml:8: services (containers) is not supported in a job; leave the job out with --without-job integration',
    ],
    [
      'dbt-build.yml',
      ['--event', 'pull_request'],
      ".github/workflows/dbt-build.yml:14: pip install needs the network, which steps do not have here; run with --allow-network (gcloud, dbt and BigQuery's clients stay local), or leave the job out with --without-job",
    ],
    [
      'upload-with-gsutil.yml',
      ['--event', 'push'],
      '.github/workflows/upload-with-gsutil.yml:14: gsutil takes no other endpoint and would leave the local cloud for Google; write gcloud storage instead',
    ],
    [
      'upload-action.yml',
      ['--event', 'push'],
      'upload-cloud-storage@v3: this action takes no other endpoint and would leave the local cloud for Google; write gcloud storage cp instead',
    ],
    [
      'node-20.yml',
      ['--event', 'push'],
      "node-20.yml:13: actions/setup-python: Python 'pypy3.10' is not understood here; write a version such as 3.11 or 24.x, or leave the job out with --without-job",
    ],
    [
      'matrix-versions.yml',
      ['--event', 'push'],
      'matrix-versions.yml:10: actions/setup-python: Python 2.7 is not on this machine (only ',
    ],
    [
      'key-file.yml',
      ['--event', 'push'],
      "google-github-actions/auth with credentials_json is not supported by this runner's stand-in, which knows workload_identity_provider,",
    ],
  ])(
    '%s',
    async (workflow, args, said) => {
      const ran = await shop.run(workflow, ...args)
      expect([ran.code, ran.conclusion, ran.shown]).toEqual([1, undefined, expect.stringContaining(said)])
      expect(ran.shown).not.toContain('▶')
      if (workflow === 'matrix-versions.yml') {
        expect(ran.shown).toContain(
          'matrix-versions.yml:16: actions/setup-node: Node 8.1 is not on this machine',
        )
        expect(ran.shown).not.toContain('matrix-versions.yml:22')
      }
      if (workflow !== 'node-20.yml') return
      expect(ran.shown).toContain('node-20.yml:10: actions/checkout with submodules other than false is not')
      expect(ran.shown).toContain(
        'node-20.yml:11: actions/setup-node: Node 8.1 is not on this machine (only ',
      )
    },
    minutes,
  )

  it(
    'also gsutil in a file that a script calls, where it is installed',
    async () => {
      const path = process.env.PATH
      const deploy = 'gsutil rsync reports gs://caec-local-dags/reports\necho deployed\n'
      shop.write('scripts/deploy.sh', `set -e\n${deploy}`)
      shop.write('bin/gsutil', '#!/bin/sh\necho leaves the machine\n')
      chmodSync(join(shop.root, 'bin/gsutil'), 0o755)
      const steps = 'steps: [{ uses: actions/checkout@v5 }, { run: bash scripts/deploy.sh }]'
      shop.write(
        '.github/workflows/called-script.yml',
        `on: push\njobs: { deploy: { runs-on: ubuntu-latest, ${steps} } }\n`,
      )
      try {
        process.env.PATH = [join(shop.root, 'bin'), path].join(delimiter)
        const ran = await shop.run('called-script.yml', '--event', 'push')
        expect([ran.code, ran.shown]).toEqual([1, expect.stringContaining('write gcloud storage instead')])
        expect(ran.shown).not.toMatch(/leaves the machine|deployed/)
      } finally {
        process.env.PATH = path
      }
    },
    minutes,
  )

  it(
    'but what only the script knows fails its step by name',
    async () => {
      const ran = await shop.run('labels.yml', '--event', 'pull_request')
      expect([ran.code, ran.shown]).toEqual([
        1,
        expect.stringContaining(
          'github.rest.issues.addLabels: this runner stands in for actions/github-script',
        ),
      ])
    },
    minutes,
  )
})

describe('--action', () => {
  it.each([
    [
      'OWNER/NAME=PATH',
      (folder: string) =>
        `google-github-actions/upload-cloud-storage=${folder}/google-github-actions/upload-cloud-storage`,
    ],
    ['a folder of them', (folder: string) => folder],
  ])(
    'brings the action of somebody else as %s',
    async (_form, words) => {
      const place = 'checkouts/google-github-actions/upload-cloud-storage'
      shop.write(
        `${place}/action.yml`,
        'name: u\ndescription: u\ninputs: { path: { description: p }, destination: { description: d } }\nruns: { using: node24, main: index.js }\n',
      )
      shop.write(`${place}/index.js`, 'console.log("uploads " + process.env.INPUT_PATH)')
      const ran = await shop.run(
        'upload-action.yml',
        '--event',
        'push',
        '--action',
        words(`${shop.root}/checkouts`),
      )
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('uploads reports')])
    },
    minutes,
  )

  it(
    'takes the place of a stand-in, and a wrong word is told',
    async () => {
      shop.write('real/action.yml', 'name: r\ndescription: r\nruns: { using: node24, main: index.js }\n')
      shop.write('real/index.js', 'console.log("the real one")')
      const ran = await shop.run(
        'labels.yml',
        '--event',
        'pull_request',
        '--action',
        `actions/github-script=${shop.root}/real`,
      )
      expect([ran.code, ran.shown]).toEqual([0, expect.stringContaining('the real one')])
      const builtin = await shop.run('labels.yml', '--action', `actions/checkout=${shop.root}/real`)
      expect([builtin.code, builtin.shown]).toEqual([
        1,
        expect.stringContaining(
          'this runner does actions/checkout itself, because the real one needs GitHub',
        ),
      ])
      const wrong = await shop.run('labels.yml', '--action', 'nowhere')
      expect([wrong.code, wrong.shown]).toEqual([
        1,
        expect.stringContaining(
          '--action nowhere is neither OWNER/NAME=PATH nor a folder of OWNER/NAME folders',
        ),
      ])
    },
    minutes,
  )
})
