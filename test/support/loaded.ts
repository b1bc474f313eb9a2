/** Which parts of a bundle a run evaluated, as V8 counted them. It refuses to guess: a run without coverage throws. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { distFolder } from './runner.ts'

interface Covered {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}
interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** For the `env` of a run. */
export const covering = (folder: string): Record<string, string> => ({
  NODE_V8_COVERAGE: folder,
  NODE_COMPILE_CACHE: '',
})

/** The files of an action's bundle that hold this text. */
export async function holders(action: string, text: string): Promise<[name: string, offset: number][]> {
  const names = (await readdir(join(distFolder, action))).filter((name) => name.endsWith('.js'))
  const found = await Promise.all(
    names.map(async (name): Promise<[string, number]> => {
      return [name, (await readFile(join(distFolder, action, name), 'utf8')).indexOf(text)]
    }),
  )
  return found.filter(([, offset]) => offset >= 0)
}

/** Whether the action ran the definition that begins with this text. */
export async function isLoaded(action: string, text: string, coverage: string): Promise<boolean> {
  const reports = await readdir(coverage)
  if (reports.length === 0) throw new Error(`the run of ${action} left no coverage`)
  const held = await holders(action, text)
  for (const name of reports) {
    const { result } = JSON.parse(await readFile(join(coverage, name), 'utf8')) as Covered
    for (const [script, offset] of held) {
      const [innermost] = result
        .filter(({ url }) => url.endsWith(`/${action}/${script}`))
        .flatMap(({ functions }) => functions.flatMap((one) => one.ranges))
        .filter(({ startOffset, endOffset }) => startOffset <= offset && offset < endOffset)
        .sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
      if (innermost !== undefined && innermost.count > 0) return true
    }
  }
  return false
}
