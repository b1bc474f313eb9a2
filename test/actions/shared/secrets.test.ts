/** What others say is shown without its secrets, through every door of the runner, in a real process. */
import { describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hideLineByLine, hideNamed, hideNamedWords, hideSecrets } from '../../../actions/_shared/secrets.ts'

const TOKEN = 'ya29.c.canary-token'
const BODY = ['MIIEcanaryAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'canaryBBBBBBBBBB==']
const KEY = ['-----BEGIN PRIVATE KEY-----', ...BODY, '-----END PRIVATE KEY-----']

describe('secrets are taken out', () => {
  it.each([
    ['of a whole text', `before ${KEY.join('\n')} after ${TOKEN}`, 'before [key] after [token]'],
    ['of an escaped one', `"a": "${KEY.join('\\n')}"`, '"a": "[key]"'],
    ['where the beginning is cut off', `${BODY.join('\n')}\n${KEY.at(-1)}\nafter`, '[key]\nafter'],
    ['where the end is cut off', `before\n${KEY.slice(0, 2).join('\n')}`, 'before\n[key]'],
    ['behind a header', 'Authorization: Bearer abc123def456', 'Authorization: Bearer [token]'],
    [
      'but no words',
      'Basic authentication of the bearer credentials',
      'Basic authentication of the bearer credentials',
    ],
  ])('%s', (_name, text, shown) => expect(hideSecrets(text)).toBe(shown))

  it('line by line, behind the words of a log as well, and what follows is shown', () => {
    const hide = hideLineByLine()
    expect(['one', ...KEY, 'two'].map(hide)).toEqual(['one', '[key]', '[key]', '[key]', '[key]', 'two'])
    const logged = hideLineByLine()
    expect([`INFO ${KEY[0]}`, `INFO ${BODY[0]}`, 'Traceback: x'].map(logged)).toEqual([
      'INFO [key]',
      'INFO [key]',
      'Traceback: x',
    ])
  })
})

it.each([
  '\\',
  'eyJ',
  '"',
  'Bearer aB',
  'Bearer ',
  'http://a:',
  '-----BEGIN ',
  '-----END',
  'password',
  "'id_token' ",
  'token',
  'token:',
  'a.',
])('a line of 64 kB of %j is looked through in no time', (part) => {
  const line = part.repeat(65_536 / part.length)
  expect([hideSecrets(line), hideLineByLine()(line), hideNamedWords(line)]).toEqual(
    Array(3).fill(expect.any(String)),
  )
  expect(hideSecrets(`Bearer ${'a'.repeat(65_536)}`)).toBe('Bearer [token]')
})

it('values go by their names, in what is sent and in commands, and nothing else goes', () => {
  const request = (value: string) => ({
    properties: {
      'spark.datasource.jdbc.password': value,
      'spark.hadoop.fs.s3a.secret.key': value,
      'spark.hadoop.fs.azure.account.key.lake.blob.core.windows.net': value,
      apiKey: value,
      'spark.executor.cores': '4',
      kmsKey: 'projects/p/keys/k',
    },
    args: ['--api-key', value, `--auth-token=${value}`, '--token', '--lake', 'gs://b', '--max-tokens', '7'],
  })
  expect(hideNamed(request('hunter2'))).toEqual(request('[hidden]'))
  for (const [command, shown] of [
    [
      `build --vars '{api_key: hunter2, day: 2026-01-02}'`,
      `build --vars '{api_key: [hidden], day: 2026-01-02}'`,
    ],
    [`run --vars '{"db_password": "hunter2"}'`, `run --vars '{"db_password": "[hidden]"}'`],
    ['build --select tokens+ secret_orders', 'build --select tokens+ secret_orders'],
  ])
    expect(hideNamedWords(command!)).toBe(shown)
})

it('every door of the runner hides what no mask knows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doors-'))
  try {
    const summary = join(folder, 'summary.md')
    writeFileSync(summary, '')
    const module = pathToFileURL(
      resolve(import.meta.dirname, '../../../actions/_shared/runner/runner.ts'),
    ).href
    const said = JSON.stringify(`said ${TOKEN} ${KEY.join('\n')}`)
    const script = `const { openRunner } = await import(${JSON.stringify(module)})
const runner = await openRunner('x')
const said = ${said}
runner.log.info(said)
for (const line of said.split('\\n')) runner.log.info(line)
runner.log.debug(said)
runner.log.warning(said)
runner.annotate([{ kind: 'error', title: said, message: said, file: 'a.py' }])
const items = [said, { text: said, href: 'https://x/' }]
await runner.writeSummary([{ kind: 'heading', text: said }, { kind: 'text', text: said }, { kind: 'list', items },
  { kind: 'table', head: [said], rows: [[said]] }, { kind: 'code', text: said }, { kind: 'details', label: said, text: said }])
await runner.execute(process.execPath, ['-e', 'console.log(process.argv[1]); console.error(process.argv[1])', said])
runner.fail(said)
runner.isReported()`
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', script],
      { encoding: 'utf8', env: { ...process.env, GITHUB_STEP_SUMMARY: summary, RUNNER_DEBUG: '1' } },
    )
    const shown = `${stdout}${stderr}${readFileSync(summary, 'utf8')}`
    expect(shown).not.toMatch(/canary/)
    expect(shown.match(/said/g)!.length).toBeGreaterThanOrEqual(18)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
