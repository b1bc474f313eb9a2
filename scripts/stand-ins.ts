/**
 * Puts smaller stand-ins of packages where a bundle's build finds them first. It changes what is loaded and when,
 * never what it does.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { reachedTypes, type ProtoNode } from './reached-types.ts'

/** They import undici, whole, for the one class they need behind a proxy: 430 kB in every bundle, at every start. */
const USERS = ['core', 'exec', 'github', 'http-client', 'io']

/** `work` lies below the root: what is not here is found in the root's node_modules. */
export async function putStandIns(root: string, work: string): Promise<void> {
  const modules = path.join(root, 'node_modules')
  const own = path.join(work, 'node_modules')
  for (const name of USERS)
    await cp(path.join(modules, '@actions', name), path.join(own, '@actions', name), { recursive: true })
  await putUndici(modules, path.join(own, 'undici'), '')
  // A proxy is a dispatcher of undici's, and only undici's own fetch surely takes it: 45 kB that one action needs.
  await putUndici(
    modules,
    path.join(own, '@actions/github/node_modules/undici'),
    `exports.fetch = (url, options) =>
  (options?.dispatcher ? require('REAL/lib/web/fetch/index.js').fetch : globalThis.fetch)(url, options)\n`,
  )
  await putGax(modules, own)
}

/** @param more what it exports beside the class; REAL stands for the true package. */
async function putUndici(modules: string, undici: string, more: string): Promise<void> {
  await mkdir(undici, { recursive: true })
  for (const file of ['package.json', 'LICENSE'])
    await cp(path.join(modules, 'undici', file), path.join(undici, file))
  const real = path.relative(undici, path.join(modules, 'undici')).split(path.sep).join('/')
  // undici gives its dispatchers the CONNECT method only in its index, which is the whole of it.
  const text = `Object.defineProperty(exports, 'ProxyAgent', {
  get: () => {
    require('REAL/lib/dispatcher/dispatcher.js').prototype.connect ??= require('REAL/lib/api/api-connect.js')
    return require('REAL/lib/dispatcher/proxy-agent.js')
  },
})
${more}`
  await writeFile(path.join(undici, 'index.js'), text.replaceAll('REAL', real))
}

/** Type information of gax that nothing in its REST half reads, 150 kB each. */
const UNREAD = ['iam_service', 'locations']
/** What the client of batches sends and takes: of the types of all Dataproc, every start would build the rest twice. */
export const CALLED = ['google.cloud.dataproc.v1.BatchController', 'google.longrunning.Operations']
/** What the client itself looks up. */
export const LOOKED_UP = ['google.cloud.dataproc.v1.BatchOperationMetadata']

/**
 * Clients of Google's made by its generator load gRPC even when they speak REST. Here gax is its REST half, with the
 * auth library of the house instead of an older one beside it.
 */
async function putGax(modules: string, own: string): Promise<void> {
  const gax = path.join(own, 'google-gax')
  await cp(path.join(modules, 'google-gax'), gax, {
    recursive: true,
    filter: (file) => !file.startsWith(path.join(modules, 'google-gax', 'node_modules')),
  })
  await writeFile(
    path.join(gax, 'build/src/index.js'),
    "exports.fallback = require('./fallback.js')\nexports.loggingUtils = require('google-logging-utils')\n",
  )
  for (const name of UNREAD) await writeFile(path.join(gax, 'build/protos', `${name}.js`), '')
  // Each client makes one for the policies of its resources, with types of its own, and no action asks for those.
  await writeFile(path.join(gax, 'build/src/iamService.js'), 'exports.IamClient = class IamClient {}\n')
  const client = path.join(own, '@google-cloud/dataproc')
  await cp(path.join(modules, '@google-cloud/dataproc'), client, {
    recursive: true,
    // Of 6 MB the bundle reads the JSON form of the types.
    filter: (file) => !/protos\.(js|d\.ts)$|protos\/google$/.test(file),
  })
  const types = 'build/protos/protos.json'
  const all = JSON.parse(
    await readFile(path.join(modules, '@google-cloud/dataproc', types), 'utf8'),
  ) as ProtoNode
  await rm(path.join(client, types))
  await writeFile(path.join(client, types), JSON.stringify(reachedTypes(all, [...CALLED, ...LOOKED_UP])))
}
