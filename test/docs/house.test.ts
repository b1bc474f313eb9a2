/** The table of the house is the house as it stands, its directions hold, and what CONTRIBUTING.md points at is there. */
import { describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readHouse, roomOf } from '../../scripts/house.ts'

const root = path.resolve(import.meta.dirname, '../..')
const text = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const rooms = readHouse(root)
const importsOf = (name: string): readonly string[] => rooms.find((room) => room.name === name)?.imports ?? []
const below = (names: readonly string[], floor: string): string[] =>
  names.filter((name) => name === floor || name.startsWith(`${floor}/`))

describe('the table of rooms', () => {
  const rows = text('docs/architecture.md')
    .split('\n')
    .map((line) => /^\|\s*`([^`]+)`\s*\|\s*([\d,]+)\s*\|\s*(.*?)\s*\|$/.exec(line))
    .filter((row) => row !== null)

  it('names each room with its size and what it imports', () => {
    const shown = rows.map(([, name, lines, imports = '']) => ({
      name,
      lines: Number(lines?.replaceAll(',', '')),
      imports: [...imports.matchAll(/`([^`]+)`/g)].map((match) => match[1]),
    }))
    expect(shown).toEqual(
      rooms
        .filter(({ name }) => name !== 'test')
        .map(({ name, lines, imports }) => ({ name, lines: Number(lines.toPrecision(2)), imports })),
    )
    expect(shown.length).toBeGreaterThan(30)
  })
  it('finds the room of a file', () => {
    expect(
      [
        'actions/auth/src/plan.ts',
        'actions/_shared/run.ts',
        'actions/_shared/google/retry.ts',
        'local/cloud/bigquery/sql/parse/x.ts',
        'local/cli.ts',
        'dags/clickstream_pipeline.py',
      ].map(roomOf),
    ).toEqual([
      'actions/auth',
      'actions/_shared',
      'actions/_shared/google',
      'local/cloud/bigquery/sql',
      'local',
      'dags',
    ])
  })
})

describe('the directions', () => {
  const actions = below(
    rooms.map(({ name }) => name),
    'actions',
  )
  it('from an action lead to what is shared, and nowhere else', () => {
    expect(actions.length).toBeGreaterThan(6)
    for (const action of actions)
      expect([action, importsOf(action).filter((name) => !name.startsWith('actions/_shared'))]).toEqual([
        action,
        [],
      ])
  })
  it('do not lead from the local cloud to the actions, nor from the data to anything of ours', () => {
    for (const { name, imports } of rooms.filter((room) => room.name.startsWith('local')))
      expect([name, below(imports, 'actions'), below(imports, 'test')]).toEqual([name, [], []])
    for (const { name, imports } of rooms.filter((room) => /^(spark|dags|dbt|bigquery)\b/.test(room.name)))
      expect([name, imports.filter((other) => !other.startsWith('spark/'))]).toEqual([name, []])
  })
})

describe('"Where do I change …?"', () => {
  const section =
    text('CONTRIBUTING.md')
      .split(/^## /m)
      .find((part) => part.startsWith('Where do I change')) ?? ''
  const answers = section
    .split('\n')
    .map((line) => /^\|\s*(?!\.\.\.|…)([^|`-][^|]*?)\s*\|\s*`([^`]+)`/.exec(line))
    .flatMap((row) => (row === null ? [] : [[row[1]!, row[2]!] as const]))

  it('answers twelve questions', () => expect(answers).toHaveLength(12))
  it.each(answers)('%s: %s is there', (_question, place) => {
    const pattern = place.replace(/<\w+>/g, '*').replace(/\/$/, '/*')
    expect(fastGlob.sync(pattern, { cwd: root })).not.toEqual([])
  })
  it.each([
    ['actions/_shared/google/retry.ts', /attempts/],
    ['actions/submit-spark/src/watch.ts', /pause\(/],
    ['spark/transforms/sessions.py', /gap_minutes: int = 30/],
    ['local/demo/page/client.js', /page\.trend\.show\(/],
    ['local/toolchain/locks/dbt.in', /^dbt-core==/m],
    ['local/toolchain/locks/airflow.in', /^apache-airflow/m],
  ])('%s holds what it is said to hold', (file, held) => {
    expect(answers.map(([, place]) => place)).toContain(file)
    expect(text(file)).toMatch(held)
  })
})
