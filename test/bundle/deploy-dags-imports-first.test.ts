/**
 * The deploy-dags bundle importing under a real Airflow of this machine before it uploads: what it finds, what that
 * code can see, and which Airflow it takes.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureAirflow } from '../../local/toolchain/index.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorsOf, type RunResult } from '../support/runner.ts'
import { openDagsJob, type DagsJob } from './deploy-dags-job.ts'

let cloud: TestCloud
let job: DagsJob
let python: string
beforeAll(async () => {
  python = (await ensureAirflow(() => undefined)).python
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
}, 900_000)
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => job.empty())

const dag = (id: string, first = ''): string =>
  `${first}from airflow.sdk import DAG\nfrom lib.steps import X\nwith DAG('${id}'):\n    pass\n`
const first = (inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<RunResult> =>
  job.deploy({ 'check-imports-first': 'true', python, ...inputs }, env)

describe('before the upload', () => {
  it('shows what does not import at its line, in a dry run too, and hands that code nothing', async () => {
    const seen = join(job.temp, 'seen.json')
    const look = `import json, os\nprint('::error::from a DAG')\njson.dump(dict(os.environ), open(${JSON.stringify(seen)}, 'w'))\n`
    await job.write({
      '.gcloudignore': 'only_here.py\n',
      'only_here.py': 'Y = 1\n',
      'lib/steps.py': 'X = 1\n',
      'good.py': dag('good', look),
      'bad.py': dag('bad', 'TOKEN = "ya29.abcdefghijkl"\n# airflow\nimport only_here\n'),
      'asks.py': "from airflow.sdk import DAG, Variable\nX = Variable.get('region')\n",
    })
    const result = await first({ 'dry-run': 'true' })
    expect([result.exitCode, errorsOf(result).length]).toEqual([1, 2])
    const shown = result.annotations.find(({ properties }) => properties.includes('dags/bad.py'))
    expect(shown?.kind).toBe('error')
    expect(shown?.properties).toContain('line=3')
    expect(shown?.message).toContain("No module named 'only_here'")
    expect(errorsOf(result).at(-1)).toMatch(
      /Importing the DAGs before the upload: Airflow 3\.\d+\.\d+ cannot import bad\.py\.\nNothing was changed\..*#dag-import/s,
    )
    expect(result.log).toContain('Not judged before the upload')
    expect(result.log).not.toContain('from a DAG')
    expect(result.outputs).toMatchObject({ 'import-errors': '1', uploaded: '4' })
    expect(await job.names()).toEqual([])
    const given = Object.keys(JSON.parse(await readFile(seen, 'utf8')) as object)
    expect(given.filter((name) => /GOOGLE|CLOUDSDK|INPUT|ACTIONS|GITHUB|RUNNER|TOKEN/.test(name))).toEqual([])
  }, 300_000)

  it('uploads what imports, and nothing of a folder in which a file does not', async () => {
    await job.write({ 'lib/steps.py': 'X = 1\n', 'good.py': dag('good') })
    const well = await first()
    expect([well.exitCode, errorsOf(well)]).toEqual([0, []])
    expect(well.summary).toMatch(
      /Imported here under Airflow 3\.\d+\.\d+ before the upload: DAGs 1, import errors 0/,
    )
    await job.write({
      'more.py': 'import os\nimport airflow.sdk  # a DAG that ends the process\nos._exit(3)\n',
    })
    const ended = await first()
    expect([ended.exitCode, errorsOf(ended).at(-1)]).toEqual([
      1,
      expect.stringContaining('Python ended with exit code 3 in the middle; nothing was changed'),
    ])
    expect(await job.names()).toEqual(['dags/good.py', 'dags/lib/steps.py'])
  }, 300_000)
})

describe('another Airflow than that of the environment', () => {
  const refusal = async (inputs: Record<string, string>, image?: string): Promise<string> => {
    await job.write({ 'good.py': dag('good') })
    const proxy = await openProxy(cloud.origin, async (request, reply, _body, forward) => {
      if (image === undefined || request.method !== 'GET') return false
      const { status, headers, body } = await forward()
      const text = body.toString().replace(/composer-3-airflow-[\w.-]+/, image)
      const { 'content-length': _length, ...rest } = headers
      reply.writeHead(status, rest).end(text)
      return true
    })
    try {
      const result = await first(inputs, { CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPOSER: proxy.origin })
      expect([result.exitCode, errorsOf(result).length, await job.names()]).toEqual([1, 1, []])
      return errorsOf(result)[0] ?? ''
    } finally {
      proxy.close()
    }
  }

  it('is refused with the line that installs the right one', async () => {
    expect(await refusal({}, 'composer-3-airflow-2.10.5-build.7')).toMatch(
      /\(Python 3\.\d+\) has Airflow 3\.\d+\.\d+, and the environment caec has 2\.10\.5\.\n.*pip install "apache-airflow==2\.10\.5" apache-airflow-providers-google --constraint "https:\/\/raw\.githubusercontent\.com\/apache\/airflow\/constraints-2\.10\.5\/constraints-3\.\d+\.txt".*#airflow-version/s,
    )
  })

  it('is asked for where there is no Python, and where the environment does not say', async () => {
    expect(await refusal({ python: 'no-such-python' })).toContain('no-such-python does not run here')
    expect(await refusal({}, 'unknown')).toContain('does not say its Airflow version (unknown)')
  })

  it('is not looked for where Airflow imports nothing', async () => {
    const result = await first({ folder: 'data' })
    expect(errorsOf(result)).toEqual([
      expect.stringContaining('Reading input check-imports-first: Airflow imports the folder dags, not data'),
    ])
  })
})
