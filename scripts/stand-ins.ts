/**
 * Puts smaller stand-ins of packages where a bundle's build finds them first. It changes what is loaded and when,
 * never what it does.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** They import undici, whole, for the one class they need behind a proxy: 430 kB in every bundle, at every start. */
const USERS = ['core', 'exec', 'http-client', 'io']

/** `work` lies below the root: what is not here is found in the root's node_modules. */
export async function putStandIns(root: string, work: string): Promise<void> {
  const modules = path.join(root, 'node_modules')
  const own = path.join(work, 'node_modules')
  for (const name of USERS)
    await cp(path.join(modules, '@actions', name), path.join(own, '@actions', name), { recursive: true })
  const undici = path.join(own, 'undici')
  await mkdir(undici, { recursive: true })
  for (const file of ['package.json', 'LICENSE'])
    await cp(path.join(modules, 'undici', file), path.join(undici, file))
  const real = path.relative(undici, path.join(modules, 'undici')).split(path.sep).join('/')
  await writeFile(
    path.join(undici, 'index.js'),
    `Object.defineProperty(exports, 'ProxyAgent', { get: () => require('${real}/lib/dispatcher/proxy-agent.js') })\n`,
  )
}
