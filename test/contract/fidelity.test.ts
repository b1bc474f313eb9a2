/**
 * docs/fidelity.md is what the evidence and today's routes make it, and says "assumed" where no real client
 * was seen.
 */
import { describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { pageFile, readEvidence, renderPage } from './check.ts'
import { clientOf } from './clients.ts'
import { renderFidelity, withClientsOf, type Evidence } from './fidelity.ts'

const evidence: Evidence = {
  checked: 4,
  revisions: { 'storage.v1': '20261009' },
  methods: {
    'storage.objects.get': {
      exchanges: 3,
      violations: 0,
      clients: { 'Hadoop connector (Java)': 2, 'raw HTTP': 1 },
    },
    'storage.objects.list': { exchanges: 1, violations: 1, clients: { 'raw HTTP': 1 } },
    'storage.objects.copy': { exchanges: 2, violations: 0, clients: { 'google-auth-library (Node)': 2 } },
  },
}

describe('the page on fidelity', () => {
  it('is fresh; otherwise run: node test/contract/check.ts --render', async () => {
    expect(await readFile(pageFile, 'utf8')).toBe(await renderPage(readEvidence()))
  })

  it('credits the programs of Google by name, and adds one that was not there', () => {
    const gcloud = clientOf({ userAgent: 'google-cloud-sdk gcloud/528.0.0 command/gcloud.storage.cp' }).name
    const bq = ['google-cloud-sdk528.0.0 google-api-python-client (gzip)', 'Python-httplib2/0.18.1 (gzip)']
    expect([gcloud, ...bq.map((userAgent) => clientOf({ userAgent }).name)]).toEqual(['gcloud', 'bq', 'bq'])
    const airflow = 'caec-composer@caec-local.iam.gserviceaccount.com'
    const python = 'gl-python/3.11.2 grpc/1.76.0 gax/2.28.1 gapic/3.38.0 gccl/3.38.0'
    expect(
      [
        { userAgent: python, account: airflow },
        { userAgent: 'Python/3.11 aiohttp/3.13.2', account: airflow },
        { userAgent: 'python-requests/2.32.5', apiClient: 'gl-python/3.11.2 gccl/airflow_v3.1.3' },
        { userAgent: `dbt-bigquery-1.11.0 ${python}`, account: airflow },
        { userAgent: python, account: 'caec-data-eng@caec-local.iam.gserviceaccount.com' },
      ].map((exchange) => clientOf(exchange).name),
    ).toEqual([...Array<string>(3).fill('Apache Airflow'), 'dbt-bigquery', 'Google client for Python'])
    const clients = { 'raw HTTP': 5, gcloud: 2 }
    const verdict = {
      notGoogle: 0,
      checked: 7,
      revisions: {},
      violations: [],
      byMethod: { 'storage.objects.list': { service: 'storage', exchanges: 7, violations: 0, clients } },
    }
    const added = withClientsOf(verdict, evidence)
    expect([added.checked, added.methods['storage.objects.list']]).toEqual([
      6,
      { exchanges: 3, violations: 1, clients: { gcloud: 2, 'raw HTTP': 1 } },
    ])
    expect(withClientsOf(verdict, added)).toEqual(added)
  })

  it('tells verified shapes, faulty ones, assumed methods and refused ones apart', () => {
    const ids = [
      'storage.objects.copy',
      'storage.objects.get',
      'storage.objects.list',
      'storage.objects.move',
      'storage.folders.get',
      'local.runs.create',
    ]
    const page = renderFidelity(
      evidence,
      ids.map((id) => ({ service: 'storage', id })),
      new Set(['storage.folders.get']),
    )
    expect(page).toContain('| `storage.objects.get` | yes (3) | Hadoop connector (Java), raw HTTP | no |')
    expect(page).toContain('| `storage.objects.list` | **no** (1 of 1) | raw HTTP | yes |')
    expect(page).toContain("| `storage.objects.copy` | yes (2) | this repository's actions | yes |")
    expect(page).toContain('| `storage.objects.move` | not seen | – | yes |')
    expect(page).toMatch(/## Refused by name\n\n.*`storage\.folders\.get`/)
    expect(page).not.toContain('local.runs.create')
  })
})
