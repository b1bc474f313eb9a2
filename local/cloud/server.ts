/** One origin for every local service: reads the environment, starts the rooms in order, routes to them. It refuses anything but loopback. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createGateway, type Exchange, type Gateway } from './gateway.ts'
import { listen } from './http.ts'
import { loadEnvironment } from './identity/environment.ts'
import { createIdentity, type IdentityService } from './identity/service.ts'
import { createAccess } from './identity/access.ts'
import { loadAccessFile } from './identity/access-file.ts'
import { createRecorder } from './recorder.ts'
import type { Access, Environment, Service, ServiceContext } from './kernel.ts'

export interface CloudOptions {
  readonly stateDir: string
  /** 0 or absent: any free port. */
  readonly port?: number
  readonly repoRoot: string
  /** Default: the dev environment of the repository. */
  readonly environmentFile?: string
  /** Default: `terraform-infra/access.yaml` of the repository. */
  readonly accessFile?: string
  readonly log: (line: string) => void
  readonly now?: () => number
  /** Which rooms to open beside identity; default all. */
  readonly services?: readonly ServiceName[]
  readonly onExchange?: (exchange: Exchange) => void
}
export type ServiceName = 'storage' | 'bigquery' | 'dataproc' | 'composer'

export interface CloudDescription {
  readonly url: string
  readonly project: string
  readonly projectNumber: string
  readonly state: string
  /** Points official clients at the cloud as the data-engineer persona. */
  readonly env: Readonly<Record<string, string>>
  /** Persona or CI identity → its credentials file. */
  readonly personas: Readonly<Record<string, string>>
}
export interface RunningCloud {
  readonly origin: string
  readonly environment: Environment
  readonly access: Access
  readonly identity: IdentityService
  /** The Storage service with its `objects`; absent when `services` leaves it out. */
  readonly storage: Service & { readonly objects: unknown }
  /** Every route, for the documentation of what is implemented. */
  readonly methods: readonly { readonly service: string; readonly id: string; readonly method: string; readonly path: string }[]
  describe(): CloudDescription
  close(): Promise<void>
}

const factories: Readonly<Record<ServiceName, string>> = {
  storage: 'createStorage', bigquery: 'createBigQuery', dataproc: 'createDataproc', composer: 'createComposer',
}

export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const environmentFile = options.environmentFile ?? join(options.repoRoot, 'terraform-infra/environments/dev/environment.yaml')
  const environment = await loadEnvironment(environmentFile)
  const accessFile = await loadAccessFile(options.accessFile ?? join(options.repoRoot, 'terraform-infra/access.yaml'), environment)
  const now = options.now ?? Date.now
  const access = createAccess(accessFile, environment, now)
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 })
  const listener = await listen(options.port ?? 0)
  const origin = `http://127.0.0.1:${listener.port}`
  const services: Service[] = []
  const closeAll = async () => {
    await listener.close()
    for (const service of [...services].reverse()) await service.close?.()
  }
  try {
    const gateway: { current?: Gateway } = {}
    const contextFor = async (name: string): Promise<ServiceContext> => {
      const stateDir = join(options.stateDir, name)
      await mkdir(stateDir, { recursive: true, mode: 0o700 })
      const dispatch: ServiceContext['dispatch'] = (inner) => gateway.current!.dispatch(inner)
      return { stateDir, origin, environment, access, now, log: options.log, dispatch }
    }
    const identity = await createIdentity(await contextFor('identity'), { accessFile, stateRoot: options.stateDir })
    services.push(identity)
    const rooms: Record<string, unknown> = { identity, toolchain: await optional('../toolchain/index.ts') }
    for (const name of options.services ?? ['storage', 'bigquery', 'dataproc', 'composer'] as const) {
      const module = await optional(`./${name}/service.ts`)
      if (!module) {
        options.log(`${name} is not part of this build`)
        continue
      }
      const create = module[factories[name]] as (context: ServiceContext & Record<string, unknown>) => Promise<Service>
      const service = await create({ ...await contextFor(name), ...rooms })
      services.push(service)
      if (name === 'storage') Object.assign(rooms, { storage: service, objects: (service as RunningCloud['storage']).objects })
    }
    const recorder = process.env.LOCAL_CLOUD_RECORD ? createRecorder(process.env.LOCAL_CLOUD_RECORD) : undefined
    gateway.current = createGateway({ origin, services, authenticate: identity.authenticate, log: options.log, onExchange: options.onExchange ?? recorder })
    listener.serve(gateway.current.answer)
    return {
      origin, environment, access, identity, storage: rooms.storage as RunningCloud['storage'],
      methods: services.flatMap((service) => service.routes.map(({ id, method, path }) => ({ service: service.name, id, method, path }))),
      describe: () => ({
        url: origin, project: environment.project, projectNumber: environment.projectNumber, state: options.stateDir,
        env: identity.clientEnvironment(), personas: identity.credentialFiles(),
      }),
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function optional(specifier: string): Promise<Record<string, unknown> | undefined> {
  const url = new URL(specifier, pathToFileURL(fileURLToPath(import.meta.url)))
  return existsSync(url) ? await import(url.href) as Record<string, unknown> : undefined
}
