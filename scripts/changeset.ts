/**
 * Asks for the bump and the words of a change and writes its changeset; the questions are those of the
 * changesets library, which must not see the workspaces: a change is one of the action set.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(import.meta.dirname)
const scratch = mkdtempSync(path.join(tmpdir(), 'changeset-'))
try {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as object
  writeFileSync(path.join(scratch, 'package.json'), JSON.stringify({ ...manifest, workspaces: undefined }))
  symlinkSync(path.join(root, '.changeset'), path.join(scratch, '.changeset'))
  const cli = fileURLToPath(import.meta.resolve('@changesets/cli/bin.js'))
  const { status } = spawnSync(process.execPath, [cli, ...process.argv.slice(2)], {
    cwd: scratch,
    stdio: 'inherit',
    env: { ...process.env, GIT_DIR: path.join(root, '.git'), GIT_WORK_TREE: root },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
