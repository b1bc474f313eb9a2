/** What the commands say of themselves and of an option that does not exist. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { repoRoot } from '../../support/cloud.ts'

const local = (...args: string[]) =>
  spawnSync(process.execPath, [join(repoRoot, 'local/cli.ts'), ...args], { encoding: 'utf8' })

describe('the commands of local/', () => {
  it.each([
    ['up', '--port N'],
    ['run', '--repository OWNER/NAME=PATH'],
    ['demo', '--orchestrate'],
    ['doctor', '--state DIR'],
  ])('%s --help lists its options', (command, option) => {
    const { status, stderr, stdout } = local(command, '--help')
    expect([status, stdout]).toEqual([0, ''])
    expect(stderr).toContain(option)
  })

  it.each([
    [['up', '--prot', '1'], 'There is no option --prot; is --port meant?\n'],
    [
      ['demo', '--stat', 'x'],
      expect.stringMatching(/^There is no option --stat; is --state meant\?; usage: npm run demo/),
    ],
    [['doctor', '--stat', 'x'], 'There is no option --stat; is --state meant?\n'],
    [
      ['up', '--verbose'],
      'There is no option --verbose; there are --port, --state, --environment, --access.\n',
    ],
    [
      ['run', 'w.yml', '--inputs', 'a=b'],
      'There is no option --inputs; is --input meant?; npm run local -- run --help lists the options\n',
    ],
  ])('%j is told the near option', (args, said) => {
    const { status, stderr } = local(...args)
    expect([status, stderr]).toEqual([1, said])
  })
})
