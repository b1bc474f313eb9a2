/**
 * Lint rule: no file imports itself over others, `import type` included, because import-x/no-cycle passes over
 * types. It reads every source of the house once per run; packages are not its business.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')
const sources = ['{actions,local,scripts,test}/**/*.{ts,mts,mjs}', '*.mjs']

/** Which files each file imports, as absolute paths, with the text of the import. */
function readImports() {
  const files = globSync(sources, {
    cwd: root,
    exclude: (name) => ['node_modules', 'dist'].includes(name),
  })
  return new Map(
    files.map((file) => [
      join(root, file),
      importsOf(join(root, file), readFileSync(join(root, file), 'utf8')),
    ]),
  )
}

const importsOf = (file, text) =>
  ts
    .preProcessFile(text, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => resolve(dirname(file), fileName))

/** Files that reach each other share a number (Tarjan's strongly connected components). */
function componentsOf(graph) {
  const numbers = new Map()
  const lowest = new Map()
  const components = new Map()
  const stack = []
  const visit = (file) => {
    numbers.set(file, numbers.size)
    lowest.set(file, numbers.get(file))
    stack.push(file)
    for (const next of graph.get(file) ?? []) {
      if (!numbers.has(next)) visit(next)
      if (!components.has(next)) lowest.set(file, Math.min(lowest.get(file), lowest.get(next)))
    }
    if (lowest.get(file) !== numbers.get(file)) return
    for (let member; member !== file;) {
      member = stack.pop()
      components.set(member, numbers.get(file))
    }
  }
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file)
  return components
}

/** The way from `start` back to `goal`, shortest first. */
function wayBack(graph, start, goal) {
  const before = new Map([[start, undefined]])
  for (const file of before.keys()) {
    if (file === goal) {
      const way = []
      for (let at = file; at; at = before.get(at)) way.unshift(at)
      return way
    }
    for (const next of graph.get(file) ?? []) if (!before.has(next)) before.set(next, file)
  }
  return []
}

let house
/** The house as on the disk, but this file as in the editor. */
function houseWith(file, text) {
  house ??= (() => {
    const graph = readImports()
    return { graph, components: componentsOf(graph) }
  })()
  const imports = importsOf(file, text)
  if (String(imports) !== String(house.graph.get(file))) {
    const graph = new Map(house.graph).set(file, imports)
    house = { graph, components: componentsOf(graph) }
  }
  return house
}

export const noCycle = {
  meta: { type: 'problem', schema: [], messages: { cycle: 'This import closes a circle: {{way}}' } },
  create(context) {
    const file = context.physicalFilename
    const { graph, components } = houseWith(file, context.sourceCode.text)
    const check = (node) => {
      const target = node.source?.value
      if (typeof target !== 'string' || !target.startsWith('.')) return
      const imported = resolve(dirname(file), target)
      if (components.get(imported) !== components.get(file)) return
      const way = [file, ...wayBack(graph, imported, file)]
      const shown = way.map((path) => path.slice(root.length + 1)).join(' → ')
      context.report({ node, messageId: 'cycle', data: { way: shown } })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: (node) => check({ ...node, source: node.source ?? node.argument?.literal }),
    }
  },
}
