/**
 * Makes the skeleton of a new action: a small one that works, to be changed stage by stage. It refuses names
 * that are taken or are not kebab-case, and overwrites nothing.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const templates = path.join(root, 'scripts/new-action')
const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Where each template goes; the test lies in the mirror of the tree. */
async function filesOf(name: string): Promise<{ template: string; target: string }[]> {
  const found = await readdir(templates, { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(templates, path.join(entry.parentPath, entry.name)))
    .sort()
    .map((template) => {
      const file = template.replace(/\.txt$/, '')
      return {
        template,
        target: file.endsWith('.test.ts')
          ? path.join('test/actions', name, file)
          : path.join('actions', name, file),
      }
    })
}

async function main([name, ...more]: readonly string[]): Promise<number> {
  if (name === undefined || more.length > 0 || !/^[a-z]+(-[a-z]+)*$/.test(name)) {
    say(
      `Reading the name: ${name === undefined ? 'none was given' : `${JSON.stringify([name, ...more].join(' '))} is not one name of lower-case words joined by hyphens`}; write npm run new-action -- copy-objects.`,
    )
    return 1
  }
  const files = await filesOf(name)
  const taken = [`actions/${name}`, `test/actions/${name}`].find((folder) =>
    existsSync(path.join(root, folder)),
  )
  if (taken !== undefined) {
    say(`Making ${name}: ${taken} is already there; choose another name.`)
    return 1
  }
  const title = name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ')
  for (const { template, target } of files) {
    const text = (await readFile(path.join(templates, template), 'utf8'))
      .replaceAll('{{name}}', name)
      .replaceAll('{{title}}', title)
    await mkdir(path.dirname(path.join(root, target)), { recursive: true })
    await writeFile(path.join(root, target), text, { flag: 'wx' })
    say(`wrote ${target.split(path.sep).join('/')}`)
  }
  say(
    `Next: npm run bundle -- ${name}; npm run docs; a row in the table of README.md; then CONTRIBUTING.md, "Add an action in an hour".`,
  )
  return 0
}

process.exitCode = await main(process.argv.slice(2))
