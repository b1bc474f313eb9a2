/** Knows where the files lie that ship beside the bundle; it refuses to read them. */
import path from 'node:path'

export const asset = (name: string): string => path.join(path.dirname(process.argv[1] ?? ''), name)
