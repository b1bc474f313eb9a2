import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repoRoot, startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'

const ENVIRONMENT = '/v1/projects/caec-local/locations/us-central1/environments/caec'
const GOOD_DAG = `
import datetime
from airflow.providers.google.cloud.operators.dataproc import DataprocCreateBatchOperator
from airflow.sdk import DAG
from shared.names import BATCH

print('noise of an import')
with DAG('daily', schedule='15 2 * * *', start_date=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)):
    DataprocCreateBatchOperator(task_id='clean', region='us-central1', project_id='p', batch_id='b-1', batch=BATCH)
`
const BROKEN_DAG = 'from airflow.sdk import DAG\nimport missing_library\n'

interface Poll {
  output?: { lineNumber: number; content: string }[]
  outputEnd?: boolean
  exitInfo?: { exitCode: number; error?: string }
}

describe('the Composer environment', () => {
  let cloud: TestCloud
  beforeAll(async () => {
    cloud = await startTestCloud({ services: ['storage', 'composer'] })
  })
  afterAll(() => cloud.close())

  async function put(name: string, body: string): Promise<void> {
    const reply = await cloud.fetchAs(
      'data-eng',
      `/upload/storage/v1/b/caec-local-dags/o?uploadType=media&name=${encodeURIComponent(name)}`,
      { method: 'POST', body, headers: { 'content-type': 'text/x-python' } },
    )
    expect(reply.status).toBe(200)
  }
  const remove = (name: string) =>
    cloud.fetchAs('data-eng', `/storage/v1/b/caec-local-dags/o/${encodeURIComponent(name)}`, {
      method: 'DELETE',
    })
  async function call(
    verb: string,
    body: unknown,
    persona: Persona = 'ci-deploy',
  ): Promise<{ status: number; json: Record<string, any> }> {
    const reply = await cloud.fetchAs(persona, `${ENVIRONMENT}:${verb}`, { method: 'POST', body })
    return { status: reply.status, json: (await reply.json()) as Record<string, any> }
  }
  async function runCommand(subcommand: string, parameters: string[]): Promise<Poll & { lines: string[] }> {
    const started = await call('executeAirflowCommand', { command: 'dags', subcommand, parameters })
    expect(started.status).toBe(200)
    const { executionId, pod, podNamespace } = started.json
    const lines: string[] = []
    for (let next = 0; ;) {
      const { json } = (await call('pollAirflowCommand', {
        executionId,
        pod,
        podNamespace,
        nextLineNumber: next,
      })) as { json: Poll }
      for (const line of json.output ?? []) lines.push(line.content)
      next = (json.output?.at(-1)?.lineNumber ?? next - 1) + 1
      if (json.outputEnd) return { ...json, lines }
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  it('shows where the DAGs lie and which image runs', async () => {
    const environment = (await (await cloud.fetchAs('ci-deploy', ENVIRONMENT)).json()) as Record<string, any>
    expect(environment).toMatchObject({
      name: 'projects/caec-local/locations/us-central1/environments/caec',
      state: 'RUNNING',
      storageConfig: { bucket: 'caec-local-dags' },
      config: {
        dagGcsPrefix: 'gs://caec-local-dags/dags',
        softwareConfig: { imageVersion: 'composer-3-airflow-3.3.1-build.2' },
      },
    })
    const list = (await (
      await cloud.fetchAs('ops', '/v1/projects/100000000001/locations/us-central1/environments')
    ).json()) as { environments: unknown[] }
    expect(list.environments).toEqual([environment])
  })

  it('refuses who may not', async () => {
    expect((await cloud.fetchAs('analyst', ENVIRONMENT)).status).toBe(403)
    const denied = await call('executeAirflowCommand', { command: 'dags', subcommand: 'list' }, 'ci-plan')
    expect(denied.status).toBe(403)
    expect(denied.json.error).toMatchObject({
      status: 'PERMISSION_DENIED',
      message: expect.stringContaining('composer.environments.executeAirflowCommand'),
    })
  })

  it('says not found for another environment and for an unknown execution', async () => {
    expect((await cloud.fetchAs('ci-deploy', `${ENVIRONMENT}x`)).status).toBe(404)
    const { status, json } = await call('pollAirflowCommand', {
      executionId: 'nobody',
      pod: 'p',
      podNamespace: 'n',
    })
    expect([status, json.error.status]).toEqual([404, 'NOT_FOUND'])
  })

  it("refuses other commands by name and unknown fields in Google's words", async () => {
    const other = await call('executeAirflowCommand', {
      command: 'dags',
      subcommand: 'delete',
      parameters: ['daily'],
    })
    expect([other.status, other.json.error.message]).toEqual([501, expect.stringContaining('"dags delete"')])
    const unknown = await call('executeAirflowCommand', { command: 'dags', sub: 'list' })
    expect([unknown.status, unknown.json.error.message]).toEqual([
      400,
      'Invalid JSON payload received. Unknown name "sub": Cannot find field.',
    ])
  })

  it('lists the DAGs of the bucket, then the import error of a broken one, then none after its removal', async () => {
    await put('dags/daily.py', GOOD_DAG)
    await put('dags/shared/__init__.py', '')
    await put('dags/shared/names.py', "BATCH = {'pyspark_batch': {'main_python_file_uri': 'gs://b/o.py'}}\n")
    const list = await runCommand('list', ['-o', 'json'])
    expect(list.exitInfo).toEqual({ exitCode: 0 })
    expect(JSON.parse(list.lines.at(-1)!)).toMatchObject([
      { dag_id: 'daily', fileloc: '/home/airflow/gcs/dags/daily.py', bundle_name: 'dags-folder' },
    ])
    expect(list.lines.join('\n')).not.toContain('noise of an import')

    await put('dags/broken.py', BROKEN_DAG)
    const broken = await runCommand('list-import-errors', ['--output', 'json'])
    expect(broken.exitInfo).toEqual({ exitCode: 1, error: 'command terminated with exit code 1' })
    const errors = JSON.parse(broken.lines.at(-1)!) as Record<string, string>[]
    expect(errors).toMatchObject([{ bundle_name: 'dags-folder', filepath: 'broken.py' }])
    expect(errors[0]!.error).toContain('File "/home/airflow/gcs/dags/broken.py", line 2')
    expect(errors[0]!.error).toContain("ModuleNotFoundError: No module named 'missing_library'")

    await remove('dags/broken.py')
    const mended = await runCommand('list-import-errors', ['-o', 'json'])
    expect(mended.exitInfo).toEqual({ exitCode: 0 })
  }, 240_000)

  it('answers a wrong parameter as the Airflow command line does', async () => {
    const usage = await runCommand('list', ['--nonsense'])
    expect(usage.exitInfo?.exitCode).toBe(2)
    expect(usage.lines.join('\n')).toContain('unrecognized arguments: --nonsense')
  }, 120_000)

  it('stops a running command', async () => {
    const { json: started } = await call('executeAirflowCommand', { command: 'dags', subcommand: 'list' })
    await call('stopAirflowCommand', { ...started, force: true })
    let poll: Poll
    do {
      await new Promise((resolve) => setTimeout(resolve, 200))
      poll = (await call('pollAirflowCommand', { ...started, nextLineNumber: 0 })).json as Poll
    } while (!poll.outputEnd)
    expect(poll.exitInfo?.error).toBe('The command was stopped.')
    expect(await call('stopAirflowCommand', { ...started })).toMatchObject({
      status: 200,
      json: { isDone: true },
    })
  }, 60_000)
})

it('says at the start that another Airflow answers than imageVersion names', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'airflow 2 '))
  const text = readFileSync(join(repoRoot, 'terraform-infra/environments/dev/environment.yaml'), 'utf8')
  const environmentFile = join(folder, 'environment.yaml')
  writeFileSync(environmentFile, text.replace(/composer-3-airflow-\S+/, 'composer-3-airflow-2'))
  const cloud = await startTestCloud({ services: ['storage', 'composer'], environmentFile })
  await cloud.close()
  rmSync(folder, { recursive: true })
  expect(cloud.lines.join()).toContain('imageVersion composer-3-airflow-2 is shown, but Airflow 3.3 answers')
})
