/** `metadata.yaml` beside a view: what is read, what it is joined with, and what is refused at its line. */
import { describe, expect, it } from '@jest/globals'
import { readDefinition } from '../../../actions/publish-views/src/definition.ts'
import { readMetadata } from '../../../actions/publish-views/src/metadata.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = { projectId: 'p', datasetId: 'reports', tableId: 'daily' }

describe('readMetadata', () => {
  it('reads description, labels and friendly_name', () => {
    expect(
      readMetadata(
        '---\nfriendly_name: Daily\ndescription: |-\n  One row\n  per day.\nlabels:\n  team: growth\n  tier: "1"\n',
      ),
    ).toEqual({
      friendlyName: 'Daily',
      description: 'One row\nper day.',
      labels: { team: 'growth', tier: '1' },
    })
    expect(readMetadata('# nothing yet\n')).toEqual({})
  })

  it.each<[string, string, number, RegExp]>([
    [
      'another key',
      'description: x\nowners: [a]',
      2,
      /^the key owners is not read here; description, labels and friendly_name are$/,
    ],
    [
      'a value that is no string',
      'labels:\n  incremental: true',
      2,
      /^the value of incremental is no string; write it in quotes$/,
    ],
    ['a key twice', 'description: x\ndescription: y', 2, /unique/],
    ['a list', '- a', 1, /holds no keys/],
    ['broken YAML', 'description: "x', 1, /is no YAML/],
    ['an alias', 'description: &a x\nfriendly_name: *a', 2, /friendly_name is no string/],
    ['a tag', 'description: !!js/function x', 1, /is no YAML|no string/],
    [
      'a label that BigQuery refuses',
      'labels:\n  Team: a',
      2,
      /the label "Team": "a" is none that BigQuery takes/,
    ],
    ["the action's own label", 'labels: {managed-by: me}', 1, /belongs to this action/],
    ['two documents', 'description: x\n---\ndescription: y', 2, /is no YAML/],
  ])('refuses %s', (_what, text, line, message) => {
    expect(thrownBy(() => readMetadata(text))).toMatchObject({
      line,
      message: expect.stringMatching(message),
    })
  })
})

describe('a definition with metadata', () => {
  const read = (sql: string, metadata: Parameters<typeof readDefinition>[2]) =>
    readDefinition(sql, name, metadata)

  it('has both, and the metadata before a comment', () => {
    expect(read('-- a note\nSELECT 1', { description: 'said' })).toMatchObject({ description: 'said' })
    expect(
      read('CREATE VIEW reports.daily OPTIONS(description="d", labels=[("a","1")]) AS SELECT 1', {
        description: 'd',
        friendlyName: 'F',
        labels: { a: '1', b: '2' },
      }),
    ).toMatchObject({ description: 'd', friendlyName: 'F', labels: { a: '1', b: '2' } })
    expect(
      read('CREATE VIEW reports.daily OPTIONS(description=NULL) AS SELECT 1', { description: 'd' }),
    ).toMatchObject({
      description: 'd',
    })
  })

  it.each<[string, object, RegExp]>([
    [
      'description="x"',
      { description: 'y' },
      /OPTIONS give the description "x", its metadata\.yaml "y"; write it in one place/,
    ],
    ['friendly_name="x"', { friendlyName: 'y' }, /the friendly name "x"/],
    ['labels=[("a","x")]', { labels: { a: 'y' } }, /the label a "x"/],
  ])('refuses %s said differently in both', (options, metadata, message) => {
    expect(
      thrownBy(() => read(`CREATE VIEW reports.daily OPTIONS(${options}) AS SELECT 1`, metadata)),
    ).toMatchObject({
      message: expect.stringMatching(message),
    })
  })
})
