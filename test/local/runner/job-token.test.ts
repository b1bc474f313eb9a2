/** What a job's token reaches: comments of its own repository, as far as the job's permissions go, and no longer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { makeRepository, oneJob, onlyJob } from './repository.ts'
import type { Repository } from './repository.ts'

let repository: Repository
beforeAll(async () => {
  repository = await makeRepository()
})
afterAll(() => repository.remove())

const ask = (method: string, path: string, more = ''): string =>
  `curl -s -w '%{http_code}' -X ${method} -H "authorization: Bearer $TOKEN" ${more} "$GITHUB_API_URL${path}" | tr '\\n' ' '`
const write = ask('POST', '/repos/$GITHUB_REPOSITORY/issues/7/comments', `-d '{"body":"hello"}'`)
const step = (command: string, token = 'github.token'): string => `- id: ask
  env: { TOKEN: '\${{ ${token} }}' }
  run: |
    echo "answer=$(${command})" >> "$GITHUB_OUTPUT"
    echo "reversed=$(printf %s "$TOKEN" | rev) $GITHUB_API_URL" >> "$GITHUB_OUTPUT"
    echo "the token is $TOKEN"
`
const answer = async (command: string, job: string, token?: string): Promise<string> => {
  const result = await repository.run(oneJob(step(command, token), job))
  expect(result.conclusion).toBe('success')
  return onlyJob(result).steps[0]!.outputs.answer!
}

describe("a job's token", () => {
  it.each([
    ['pull-requests: write', 'github.token'],
    ['issues: write', 'secrets.GITHUB_TOKEN'],
  ])('with %s writes a comment, by %s', async (permission, token) => {
    const said = await answer(write, `permissions: { ${permission} }`, token)
    expect(said).toMatch(/"login":"github-actions\[bot\]".*"body":"hello".*201$/)
    expect(repository.lines.join('\n')).toMatch(/comment of github-actions\[bot\] on #7: .*7-\d+\.md/)
    expect(repository.lines.join('\n')).toContain('the token is ***')
  })

  it.each([
    ['pull-requests: read', write, /Resource not accessible by integration.*403$/],
    [
      'contents: write',
      ask('GET', '/repos/$GITHUB_REPOSITORY/issues/7/comments'),
      /Resource not accessible.*403$/,
    ],
    ['issues: write', ask('GET', '/repos/octo/other/issues/7/comments'), /Not Found.*404$/],
    ['issues: write', ask('GET', '/user'), /Resource not accessible by integration.*403$/],
    ['issues: write', ask('POST', '/graphql'), /POST \/graphql is not there.*501$/],
    ['contents: write', ask('GET', '/repos/$GITHUB_REPOSITORY/releases'), /releases is not there.*501$/],
  ])('with %s: %s', async (permission, command, said) => {
    expect(await answer(command, `permissions: { ${permission} }`)).toMatch(said)
  })

  it('of a fork only reads, whatever the job asks for', async () => {
    const result = await repository.run(
      oneJob(step(write), 'permissions: { pull-requests: write }').replace(
        'workflow_dispatch',
        'pull_request',
      ),
      {
        event: 'pull_request',
        eventPayload: { pull_request: { head: { repo: { full_name: 'mallory/clicks' } } } },
      },
    )
    expect(onlyJob(result).steps[0]!.outputs.answer).toMatch(/403$/)
  })

  it('is in no variable that the workflow does not set, and nobody answers it when the run is over', async () => {
    const result = await repository.run(
      oneJob(`${step(write)}- run: env | grep -i '^GITHUB_TOKEN\\|ghs_' && exit 1 || true\n`),
    )
    expect(result.conclusion).toBe('success')
    const [token = '', url = ''] = onlyJob(result).steps[0]!.outputs.reversed!.split(' ')
    expect(token).toMatch(/_shg$/)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('of a later run finds what an earlier one wrote', async () => {
    await answer(write, 'permissions: { issues: write }')
    const list = await answer(
      ask('GET', '/repos/$GITHUB_REPOSITORY/issues/7/comments'),
      'permissions: { issues: read }',
    )
    expect(list).toMatch(/"body":"hello".*200$/)
    const kept = JSON.parse(readFileSync(join(repository.root, '.state/github/comments.json'), 'utf8')) as {
      comments: { body: string }[]
    }
    expect(kept.comments.length).toBeGreaterThan(0)
  })
})
