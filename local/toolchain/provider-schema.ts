/**
 * Reads resource schemas out of the google provider's bindings on the Python package registry, in the form of
 * `terraform providers schema -json`; a form it does not know is an error, never a guess.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type AttributeType =
  | string
  | readonly ['list' | 'set' | 'map', AttributeType]
  | readonly ['object', Readonly<Record<string, AttributeType>>]
export interface Attribute {
  readonly type: AttributeType
  readonly required?: true
  readonly optional?: true
  readonly computed?: true
}
export interface NestedBlock {
  readonly nesting_mode: 'list' | 'set' | 'single'
  readonly block: Block
  readonly min_items?: number
  readonly max_items?: number
}
export interface Block {
  readonly attributes: Record<string, Attribute>
  readonly block_types: Record<string, NestedBlock>
}

interface Field {
  readonly name: string
  readonly isComputed: boolean
  readonly isInput: boolean
  readonly isRequired: boolean
  readonly code: string
}
interface InputForm {
  readonly value: string
  readonly isBlock: boolean
  readonly form: string
  readonly storage: string
}

const simpleTypes: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'bool' }
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/**
 * `folder` is the binding's lib folder; `google_storage_bucket` lies in `storage-bucket`. The provider's own
 * block is called `provider`.
 */
export async function readResourceSchema(folder: string, resource: string): Promise<Block> {
  const name = resource.replace(/^google_/, '').replaceAll('_', '-')
  const text = await readFile(join(folder, name, 'index.js'), 'utf8').catch(() => {
    throw new Error(`the google provider's schema has no resource ${resource}`)
  })
  return new Binding(text, resource).read()
}

class Binding {
  readonly #classes = new Map<string, string>()
  readonly #inputs = new Map<string, string>()
  readonly #resource: string
  #main = ''

  constructor(text: string, resource: string) {
    this.#resource = resource
    for (const [, name, parent, body] of text.matchAll(
      /^class (\w+) extends cdktn\.(\w+) \{\n([\s\S]*?)^\}$/gm,
    )) {
      this.#classes.set(name!, body!)
      if (parent === 'TerraformResource' || parent === 'TerraformProvider') this.#main = name!
    }
    for (const [, name, body] of text.matchAll(
      /^function (\w+)ToHclTerraform\(struct\) \{\n([\s\S]*?)^\}$/gm,
    ))
      this.#inputs.set(name!, body!)
    if (!this.#main) throw this.#unknown('the file', 'no resource class')
  }

  read(): Block {
    const body = this.#classes.get(this.#main)!
    return this.#block(this.#main, forms(body.slice(body.indexOf('synthesizeHclAttributes()'))))
  }

  #block(className: string, inputs: ReadonlyMap<string, InputForm>): Block {
    const block: Block = { attributes: {}, block_types: {} }
    for (const field of this.#fields(className)) {
      const form = inputs.get(field.name)
      if (field.isInput && !form)
        throw this.#unknown(`${className}.${field.name}`, 'it is an argument without a form')
      if (form?.isBlock) block.block_types[field.name] = this.#nested(field, form)
      else
        block.attributes[field.name] = {
          type: form ? this.#inputType(field, form) : this.#computedType(field),
          ...(field.isRequired ? { required: true } : field.isInput ? { optional: true } : {}),
          ...(field.isComputed ? { computed: true } : {}),
        }
    }
    return block
  }

  #nested(field: Field, { value, form, storage }: InputForm): NestedBlock {
    const struct = form === 'struct' ? storage : storage.replace(/List$/, '')
    const block = this.#block(`${struct}OutputReference`, forms(this.#inputs.get(lowerFirst(struct)) ?? ''))
    if (form === 'struct') return { nesting_mode: 'single', block }
    if (form !== 'list' && form !== 'set') throw this.#unknown(field.name, `a block of the form ${form}`)
    const isMany = value.includes('listMapperHcl(')
    return {
      nesting_mode: form,
      block,
      ...(field.isRequired ? { min_items: 1 } : {}),
      ...(isMany ? {} : { max_items: 1 }),
    }
  }

  #inputType(field: Field, { form, storage }: InputForm): AttributeType {
    const [, element, kind] = /^(string|number|boolean)(List|Map)?$/.exec(storage) ?? []
    if (element && !kind && form === 'simple') return simpleTypes[element]!
    if (element && kind === 'Map' && form === 'map') return ['map', simpleTypes[element]!]
    if (element && kind === 'List' && (form === 'list' || form === 'set'))
      return [form, simpleTypes[element]!]
    if (storage.endsWith('List') && (form === 'list' || form === 'set'))
      return [form, this.#object(storage.replace(/List$/, ''))]
    throw this.#unknown(field.name, `an argument of the form ${form} of ${storage}`)
  }

  #computedType(field: Field): AttributeType {
    const [, library, className, isSet] =
      new RegExp(`= new (cdktn\\.)?(\\w+)\\(this, "${field.name}"(?:, (true|false))?\\)`).exec(field.code) ??
      []
    if (library && /^(String|Number|Boolean)Map$/.test(className!))
      return ['map', simpleTypes[lowerFirst(className!.replace('Map', ''))]!]
    if (!library && className?.endsWith('List'))
      return [isSet === 'true' ? 'set' : 'list', this.#object(className.replace(/List$/, ''))]
    const [, asList, getter] = /return (cdktn\.Fn\.tolist\()?this\.get(\w+)Attribute\(/.exec(field.code) ?? []
    if (getter === 'String' || getter === 'Number' || getter === 'Boolean')
      return simpleTypes[lowerFirst(getter)]!
    if (getter === 'List') return [asList ? 'set' : 'list', 'string']
    if (getter === 'NumberList') return [asList ? 'set' : 'list', 'number']
    throw this.#unknown(field.name, className ?? getter ?? 'no getter')
  }

  #object(struct: string): AttributeType {
    const fields = this.#fields(`${struct}OutputReference`)
    const inputs = forms(this.#inputs.get(lowerFirst(struct)) ?? '')
    return [
      'object',
      Object.fromEntries(
        fields.map((field) => [
          field.name,
          inputs.has(field.name)
            ? this.#inputType(field, inputs.get(field.name)!)
            : this.#computedType(field),
        ]),
      ),
    ]
  }

  #fields(className: string): Field[] {
    const body = this.#classes.get(className)
    // Nobody refers to a provider's own blocks, so they have forms but no class, and what of them is required
    // is not told.
    const given =
      this.#resource === 'provider'
        ? this.#inputs.get(lowerFirst(className.replace(/OutputReference$/, '')))
        : undefined
    if (body === undefined && given)
      return [...forms(given).keys()].map((name) => ({
        name,
        isComputed: false,
        isInput: true,
        isRequired: false,
        code: '',
      }))
    if (body === undefined) throw this.#unknown(className, 'no such class')
    const found = [...body.matchAll(/^ {4}\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)$/gm)]
    return found.map((match, index) => {
      const [, name, computed, optional, required] = match
      return {
        name: name!,
        isComputed: computed === 'true',
        isInput: optional === 'true' || required === 'true',
        isRequired: required === 'true',
        code: body.slice(match.index, found[index + 1]?.index),
      }
    })
  }

  #unknown(where: string, what: string): Error {
    return new Error(`the schema of ${this.#resource} could not be read at ${where}: ${what}`)
  }
}

function forms(code: string): Map<string, InputForm> {
  const entries = code.matchAll(
    /^\s+(\w+): \{\n\s+value: (.*),\n\s+isBlock: (true|false),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",/gm,
  )
  return new Map(
    [...entries].map(([, name, value, isBlock, form, storage]) => [
      name!,
      { value: value!, isBlock: isBlock === 'true', form: form!, storage: storage! },
    ]),
  )
}
