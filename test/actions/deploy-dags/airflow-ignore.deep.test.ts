/** The same folders before the real Airflow 3: what we say it sees is what it sees. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ensureAirflow } from '../../../local/toolchain/index.ts'
import { ignoreCases } from './airflow-ignore-cases.ts'

const ASK = `
import json, os, sys
from airflow._shared.module_loading.file_discovery import find_path_from_directory
for root, syntax in json.load(sys.stdin):
    print('SEEN ' + json.dumps(sorted(os.path.relpath(p, root) for p in find_path_from_directory(root, '.airflowignore', syntax))))
`
const folder = mkdtempSync(path.join(tmpdir(), 'airflow-ignore-'))
let seen: string[][]
beforeAll(async () => {
  const asked = ignoreCases.map(({ ignores, syntax, files }, index) => {
    const root = path.join(folder, String(index))
    for (const [name, text] of [
      ...files.map((file) => [file, 'x'] as const),
      ...Object.entries(ignores).map(([at, text]) => [path.join(at, '.airflowignore'), text] as const),
    ]) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
      writeFileSync(path.join(root, name), text)
    }
    return [root, syntax]
  })
  const airflow = await ensureAirflow(() => undefined)
  const output = execFileSync(airflow.python, ['-c', ASK], {
    input: JSON.stringify(asked),
    env: { ...process.env, AIRFLOW_HOME: path.join(folder, 'home') },
    stdio: ['pipe', 'pipe', 'ignore'],
  }).toString()
  seen = output
    .split('\n')
    .filter((line) => line.startsWith('SEEN '))
    .map((line) => JSON.parse(line.slice(5)) as string[])
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("Airflow's own reading of .airflowignore", () => {
  it.each(ignoreCases.map((one, index) => [`${one.syntax}: ${one.name}`, index] as const))(
    '%s',
    (_name, index) => expect(seen[index]).toEqual(ignoreCases[index]!.seen),
  )
})
