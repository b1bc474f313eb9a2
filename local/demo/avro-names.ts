/** The names of an Avro file's fields, from the head of the file; it reads no row. */
const MAGIC = Buffer.from('Obj\u0001', 'latin1')

/** Undefined for what is no Avro file of records. */
export const avroNames = (head: Buffer): string[] | undefined => {
  if (!head.subarray(0, 4).equals(MAGIC)) return undefined
  try {
    const schema: unknown = JSON.parse(metadataOf(head).get('avro.schema')?.toString('utf8') ?? '')
    const { fields } = schema as { fields: readonly { name: string }[] }
    return fields.map(({ name }) => name)
  } catch {
    return undefined
  }
}

/** A map of bytes: blocks of entries, each after their number; a negative one is followed by the block's size. */
const metadataOf = (head: Buffer): Map<string, Buffer> => {
  let at = MAGIC.length
  const long = (): number => {
    let [value, unit] = [0, 1]
    for (;;) {
      const byte = head.readUInt8(at)
      at += 1
      value += (byte & 127) * unit
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
      unit *= 128
    }
  }
  const bytes = (): Buffer => {
    const size = long()
    if (size < 0 || at + size > head.length) throw new RangeError('The head ends in the metadata.')
    at += size
    return head.subarray(at - size, at)
  }
  const found = new Map<string, Buffer>()
  for (let number = long(); number !== 0; number = long()) {
    if (number < 0) long()
    for (let left = Math.abs(number); left > 0; left -= 1) found.set(bytes().toString('utf8'), bytes())
  }
  return found
}
