/**
 * `npm run pack [-- FOLDER]`: makes the npm package of local/, so that a workflow file of any repository runs by
 * `npx clickstream-local`. The sources are transpiled (Node strips no types below node_modules), and beside them lies
 * what a job would download of this repository. It publishes nothing and writes nothing into the checkout.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import ts from 'typescript'
import { unknownOption } from '../local/option-mistakes.ts'

const root = path.resolve(import.meta.dirname, '..')

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** Tracked and new files below `folder` that are there, as git and .gitignore say. */
const filesOf = (folder: string): string[] =>
  git(['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', folder])
    .split('\0')
    .filter((file) => file !== '' && existsSync(path.join(root, file)))

const git = (args: readonly string[], input?: string): string =>
  execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', input, maxBuffer: 64 * 2 ** 20 })

/** What `git archive` would leave out, a job's download does not have either. */
const isExported = (files: readonly string[]): ((file: string) => boolean) => {
  // An attribute of a folder is not inherited by what lies in it: each folder above is asked as well.
  const asked = [
    ...new Set(files.flatMap((file) => file.split('/').map((_, i, all) => all.slice(0, i + 1).join('/')))),
  ]
  const answers = git(['check-attr', '-z', '--stdin', 'export-ignore'], asked.join('\0')).split('\0')
  const ignored = new Set(asked.filter((_, index) => answers[index * 3 + 2] === 'set'))
  return (file) => !file.split('/').some((_, i, all) => ignored.has(all.slice(0, i + 1).join('/')))
}

/** The browser, its page and the events of the demo stay with the checkout. */
const staysHome = /^local\/(demo\/|(README\.md|package\.json|bin\.mjs|start\.mjs)$)/
const HOUSE = [
  'dist',
  'actions',
  '.github/workflows',
  '.github/actions',
  'bigquery',
  'spark',
  'dbt',
  'dags',
  'terraform-infra',
]

/** Writes the package into `folder`. */
export function layOut(folder: string): void {
  const sources = filesOf('local').filter((file) => !staysHome.test(file))
  const house = [...HOUSE.flatMap(filesOf), 'LICENSE', 'package.json']
  const isWanted = isExported(house)
  const imported = new Set<string>()
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  const copy = (from: string, to: string): void => {
    mkdirSync(path.dirname(path.join(folder, to)), { recursive: true })
    copyFileSync(path.join(root, from), path.join(folder, to))
  }
  for (const file of sources.filter((name) => !name.endsWith('.d.mts'))) {
    if (!file.endsWith('.ts')) {
      copy(file, `build/${file}`)
      continue
    }
    const { importedFiles } = ts.preProcessFile(read(file), true, true)
    for (const { fileName } of importedFiles) imported.add(/^(?:@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? '')
    write(`build/${file.replace(/\.ts$/, '.js')}`, transpile(read(file), file))
  }
  for (const file of house.filter(isWanted)) copy(file, `build/${file}`)
  write('build/local/package.json', '{ "type": "module" }\n')
  copy('local/bin.mjs', 'bin.mjs')
  chmodSync(path.join(folder, 'bin.mjs'), 0o755)
  for (const file of ['LICENSE', 'local/README.md']) copy(file, path.basename(file))
  const {
    dependencies,
    scripts: _,
    private: __,
    ...manifest
  } = JSON.parse(read('local/package.json')) as Manifest
  const needed = Object.entries(dependencies).filter(([name]) => imported.has(name) && !OF_THE_DEMO.has(name))
  write(
    'package.json',
    `${JSON.stringify({ ...manifest, dependencies: Object.fromEntries(needed) }, null, 2)}\n`,
  )
}

/** Imported, by a file that only the demo comes to. */
const OF_THE_DEMO = new Set(['@sparticuz/chromium'])

function transpile(text: string, fileName: string): string {
  const { outputText, diagnostics = [] } = ts.transpileModule(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      rewriteRelativeImportExtensions: true,
      isolatedModules: true,
    },
  })
  const [mistake] = diagnostics
  if (mistake) throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(mistake.messageText, ' ')}`)
  return outputText
}

/** The path of the tarball that `npm pack` made in `folder`. */
export function packLocal(folder: string): string {
  const work = mkdtempSync(path.join(tmpdir(), 'pack local '))
  try {
    layOut(work)
    mkdirSync(folder, { recursive: true })
    const packed = execFileSync(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', path.resolve(folder)],
      { cwd: work, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 },
    )
    const answer = JSON.parse(packed) as Record<string, { filename: string }> | { filename: string }[]
    return path.join(path.resolve(folder), Object.values(answer)[0]!.filename)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const usage = 'npm run pack -- [FOLDER]'
  const [folder = path.join(root, 'build'), ...more] = process.argv.slice(2)
  const strange = [folder, ...more].find((word) => word.startsWith('-'))
  if (strange === undefined && more.length === 0) process.stdout.write(`${packLocal(folder)}\n`)
  else {
    const mistake =
      strange === undefined ? `one folder is enough; usage: ${usage}` : unknownOption(strange, usage)
    process.stderr.write(`npm run pack: ${mistake}\n`)
    process.exitCode = 1
  }
}
