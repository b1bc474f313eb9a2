/**
 * The generated parts of the Terraform modules' READMEs: example, inputs and outputs, read from formatted .tf
 * files; a block in another form than `terraform fmt` writes is an error.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

type Table = (heads: readonly string[], rows: readonly (readonly string[])[]) => string
type Between = (document: string, marker: string, body: string, file: string) => string

export function modulePages(root: string, table: Table, between: Between): { file: string; text: string }[] {
  const modules = path.join(root, 'terraform-infra/modules')
  const names = readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  return names.map((name) => {
    const read = (file: string): string => readFileSync(path.join(modules, name, file), 'utf8')
    const file = `terraform-infra/modules/${name}/README.md`
    let text = read('README.md')
    if (existsSync(path.join(modules, name, 'examples/basic/main.tf')))
      text = between(text, 'example', `\`\`\`hcl\n${read('examples/basic/main.tf').trimEnd()}\n\`\`\``, file)
    const inputs = blocks(read('variables.tf'), 'variable', `${name}/variables.tf`).map(
      ({ label, attributes }) => [
        code(label),
        attributes.has('default') ? '' : 'yes',
        code(attributes.get('type')!),
        attributes.has('default') ? code(attributes.get('default')!) : '',
        quoted(attributes.get('description')),
      ],
    )
    text = between(text, 'inputs', table(['Input', 'Required', 'Type', 'Default', 'Meaning'], inputs), file)
    const outputs = blocks(read('outputs.tf'), 'output', `${name}/outputs.tf`).map(
      ({ label, attributes }) => [code(label), quoted(attributes.get('description'))],
    )
    return { file, text: between(text, 'outputs', table(['Output', 'Meaning'], outputs), file) }
  })
}

const oneLine = (text: string): string =>
  text
    .trim()
    .replaceAll(/ {2,}=/g, ' =')
    .replaceAll(/([{([,])?\n\s*([)\]}])?/g, (_, open: string = '', close: string = '') =>
      open === ','
        ? close || ', '
        : open || close
          ? (open === '{' ? '{ ' : open) + (close.startsWith('}') ? ` ${close}` : close)
          : ', ',
    )
const code = (text: string): string => `\`${oneLine(text).replaceAll('|', '\\|')}\``
const quoted = (text: string | undefined): string => (JSON.parse(text!) as string).replaceAll('|', '\\|')

interface Block {
  readonly label: string
  readonly attributes: ReadonlyMap<string, string>
}

/** Blocks begin and end in the first column, their attributes two columns in. */
function blocks(text: string, kind: string, file: string): Block[] {
  const found = [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}$`, 'gm'))]
  if (found.length !== [...text.matchAll(new RegExp(`^${kind} `, 'gm'))].length)
    throw new Error(`${file} is not as terraform fmt writes it`)
  return found.map(([, label, body]) => {
    const attributes = new Map(
      [...body!.matchAll(/^ {2}(\w+) += ([\s\S]*?)(?=\n {2}[\w#]|\n\n|\n$)/gm)].map(([, name, value]) => [
        name!,
        value!,
      ]),
    )
    for (const needed of kind === 'variable' ? ['description', 'type'] : ['description'])
      if (!attributes.has(needed)) throw new Error(`${file}: ${kind} ${label} has no ${needed}`)
    return { label: label!, attributes }
  })
}
