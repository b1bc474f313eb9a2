// Keeps the folder under its key, unless it was there: an entry of a cache is never changed.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'

const { STATE_archive: archive = '', INPUT_PATH: path = '' } = process.env
if (archive !== '' && existsSync(path)) {
  execFileSync('tar', ['--posix', '-cPf', archive, path])
  process.stdout.write('cache saved\n')
}
