/** Paths of inputs: where they really are, and that none leads out of the workspace. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { insideWorkspace } from '../../../actions/_shared/local-folder.ts'

let root: string
let workspace: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'paths ')))
  workspace = join(root, 'work')
  await mkdir(join(workspace, 'src/dags'), { recursive: true })
  await mkdir(join(root, 'workshop'))
  await writeFile(join(root, 'secret'), 'x')
  await symlink('/etc', join(workspace, 'leak'))
  await symlink('..', join(workspace, 'up'))
  await symlink(join(root, 'secret'), join(workspace, 'file'))
  await symlink('src/dags', join(workspace, 'dags'))
  await symlink(workspace, join(root, 'alias'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('a path of the workspace', () => {
  it.each([
    ['src/dags', 'src/dags'],
    ['.', ''],
    ['dags', 'src/dags'],
    ['src/../src/dags/', 'src/dags'],
    ['up/work/src', 'src'],
  ])('%s is found where it really is', async (given, relative) => {
    const found = { full: join(workspace, relative).replace(/\/$/, ''), relative }
    expect(await insideWorkspace(workspace, given, 'source')).toEqual(found)
    expect(await insideWorkspace(join(root, 'alias'), given, 'source')).toEqual(found)
    expect(await insideWorkspace(workspace, join(workspace, given), 'source')).toEqual(found)
  })
  it.each([
    '..',
    '../workshop',
    'leak',
    'leak/apt',
    'file',
    'up/secret',
    '/etc',
    '../nothing',
    '/nothing',
    'src/../../secret',
  ])('%s is refused as outside', (given) =>
    expect(insideWorkspace(workspace, given, 'source')).rejects.toMatchObject({
      code: 'INPUT',
      problem: 'workspace-path',
      message: `Reading input source: ${given} is outside the workspace; give a path of the checkout.`,
    }),
  )
  it('that is not there is said to be so', () =>
    expect(insideWorkspace(workspace, 'nowhere', 'main')).rejects.toMatchObject({
      message: 'Reading input main: nowhere does not exist.',
    }))
})
