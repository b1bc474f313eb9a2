/** A copy of this checkout, uncommitted files included, to plant a fault in; it refuses a fault that does not fit exactly one place. */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')

export interface PlantedCheckout {
  readonly root: string
  /** Replaces the one occurrence of `from` in a file. */
  plant(file: string, from: string, to: string): void
  write(file: string, text: string): void
  remove(file: string): void
  /** Removes the whole copy. */
  end(): void
}

export function plantedCheckout(): PlantedCheckout {
  const scratch = mkdtempSync(path.join(tmpdir(), 'planted checkout '))
  const copy = path.join(scratch, 'checkout')
  mkdirSync(copy)
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  for (const file of new Set(listed.split('\0'))) {
    // Deleted in the working tree but still in the index.
    if (file !== '' && existsSync(path.join(root, file)))
      cpSync(path.join(root, file), path.join(copy, file), { verbatimSymlinks: true })
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'))
  // A repository again, so that it is read as one; `node_modules/` of .gitignore does not mean a link.
  execFileSync('git', ['init', '-q', copy])
  writeFileSync(path.join(copy, '.git/info/exclude'), 'node_modules\n')
  const write = (file: string, text: string): void => writeFileSync(path.join(copy, file), text)
  return {
    root: copy,
    write,
    plant(file, from, to) {
      const text = readFileSync(path.join(copy, file), 'utf8')
      const places = text.split(from).length - 1
      if (places !== 1)
        throw new Error(
          `${file}: ${JSON.stringify(from)} is there ${places} times, not once; the fault must be planted anew`,
        )
      write(
        file,
        text.replace(from, () => to),
      )
    },
    remove: (file) => rmSync(path.join(copy, file)),
    end: () => rmSync(scratch, { recursive: true, force: true }),
  }
}
