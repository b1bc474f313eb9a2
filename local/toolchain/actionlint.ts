/**
 * Builds actionlint from the Go module registry by a hashed lock; where there is no Go it says so instead,
 * because no package registry carries the program.
 */
import { execFile } from 'node:child_process'
import { copyFile, readdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { installOnce } from './installed-once.ts'
import { runTool, type Progress } from './run-tool.ts'

const lockFolder = fileURLToPath(new URL('./locks/actionlint', import.meta.url))
const run = promisify(execFile)

/** The program, or why it cannot be had. */
export async function ensureActionlint(
  progress: Progress,
): Promise<{ program: string } | { reason: string }> {
  const names = (await readdir(lockFolder)).sort()
  const files = await Promise.all(names.map((name) => readFile(join(lockFolder, name))))
  const wanted = /^go (\d+\.\d+)/m.exec(files[names.indexOf('go.mod')]!.toString())?.[1] ?? ''
  const found = /go(\d+)\.(\d+)/.exec(
    (
      await run('go', ['env', 'GOVERSION'], { env: { ...process.env, GOTOOLCHAIN: 'local' } }).catch(() => ({
        stdout: '',
      }))
    ).stdout,
  )
  const [major, minor] = wanted.split('.').map(Number)
  const isEnough =
    found !== null &&
    (Number(found[1]) > major! || (Number(found[1]) === major && Number(found[2]) >= minor!))
  if (!isEnough)
    return {
      reason: `actionlint is built with Go ${wanted} or newer, and ${found === null ? 'there is none' : `${found[0]} is older`} here`,
    }
  return await installOnce({
    name: 'actionlint',
    content: files,
    progress,
    install: async (directory) => {
      progress('actionlint: building with Go …')
      for (const name of names) await copyFile(join(lockFolder, name), join(directory, name))
      const program = join(directory, 'actionlint')
      // The toolchain of the machine or none: Go would otherwise fetch another one of itself.
      const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' }
      await runTool(
        'go',
        ['build', '-trimpath', '-o', program, 'github.com/rhysd/actionlint/cmd/actionlint'],
        { doing: 'Building actionlint', progress, cwd: directory, env },
      )
      return { program }
    },
    isUsable: ({ program }: { program: string }) => existsSync(program),
  })
}
