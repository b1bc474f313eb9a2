/**
 * One origin for every local service: reads the environment, starts the rooms in order, routes to them. It
 * refuses anything but loopback.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createDiscovery } from './discovery.ts'
import { createGateway, type Exchange, type Gateway } from './gateway.ts'
import { listen } from './http.ts'
import { createAccess } from './identity/access.ts'
import { loadAccessFile } from './identity/access-file.ts'
import { loadEnvironment } from './identity/environment.ts'
import { logDecisions } from './identity/decision-log.ts'
import { createIdentity, type IdentityService } from './identity/service.ts'
import type { Access, Environment, Service, ServiceContext } from './kernel.ts'
import { createRecorder } from './recorder.ts'
import type { StorageService } from './storage/service.ts'

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
  /** Throws when `services` left it out. */
  readonly storage: StorageService
  /** Every route, for the documentation of what is implemented. */
  readonly methods: readonly {
    readonly service: string
    readonly id: string
    readonly method: string
    readonly path: string
  }[]
  describe(): CloudDescription
  close(): Promise<void>
}

interface Rooms {
  readonly identity: IdentityService
  readonly toolchain: typeof import('../toolchain/index.ts')
  readonly objects: StorageService['objects']
}

/** Loaded on use: a cloud without BigQuery need not load an engine. */
const open: Readonly<Record<ServiceName, (context: ServiceContext, rooms: Rooms) => Promise<Service>>> = {
  storage: async (context) => (await import('./storage/service.ts')).createStorage(context),
  bigquery: async (context, { objects }) =>
    (await import('./bigquery/service.ts')).createBigQuery({ ...context, objects }),
  dataproc: async (context, rooms) =>
    (await import('./dataproc/service.ts')).createDataproc({ ...context, ...rooms }),
  composer: async (context, rooms) =>
    (await import('./composer/service.ts')).createComposer({ ...context, ...rooms }),
}
const everything: readonly ServiceName[] = ['storage', 'bigquery', 'dataproc', 'composer']

export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const environmentFile =
    options.environmentFile ?? join(options.repoRoot, 'terraform-infra/environments/dev/environment.yaml')
  const environment = await loadEnvironment(environmentFile)
  const accessFile = await loadAccessFile(
    options.accessFile ?? join(options.repoRoot, 'terraform-infra/access.yaml'),
    environment,
  )
  const now = options.now ?? Date.now
  const access = createAccess(accessFile, environment, now)
  if (process.env.LOCAL_CLOUD_DECISIONS) logDecisions(access, process.env.LOCAL_CLOUD_DECISIONS)
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 })
  const listener = await listen(
    options.port ?? 0,
    sayOnce((target) => {
      options.log(`refused a tunnel to ${target}: this cloud has no way out`)
    }),
  )
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
    const identity = await createIdentity(await contextFor('identity'), {
      accessFile,
      stateRoot: options.stateDir,
    })
    services.push(identity)
    let storage: StorageService | undefined
    const rooms: Rooms = {
      identity,
      toolchain: await import('../toolchain/index.ts'),
      get objects() {
        return needStorage(storage).objects
      },
    }
    const wanted = options.services ?? everything
    for (const name of everything.filter((candidate) => wanted.includes(candidate))) {
      const service = await open[name](await contextFor(name), rooms)
      services.push(service)
      if (name === 'storage') storage = service as StorageService
    }
    if (wanted.includes('bigquery')) services.push(createDiscovery(origin))
    const recorder = process.env.LOCAL_CLOUD_RECORD
      ? createRecorder(process.env.LOCAL_CLOUD_RECORD)
      : undefined
    gateway.current = createGateway({
      origin,
      services,
      authenticate: identity.authenticate,
      log: options.log,
      onExchange: (exchange) => {
        recorder?.(exchange)
        options.onExchange?.(exchange)
      },
    })
    listener.serve(gateway.current.answer)
    return {
      origin,
      environment,
      access,
      identity,
      get storage() {
        return needStorage(storage)
      },
      methods: services.flatMap((service) =>
        service.routes.map(({ id, method, path }) => ({ service: service.name, id, method, path })),
      ),
      describe: () => ({
        url: origin,
        project: environment.project,
        projectNumber: environment.projectNumber,
        state: options.stateDir,
        env: identity.clientEnvironment(),
        personas: identity.credentialFiles(),
      }),
      close: closeAll,
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Clients retry; the person needs to hear it once. */
function sayOnce(say: (target: string) => void): (target: string) => void {
  const said = new Set<string>()
  return (target) => {
    if (said.has(target) || said.size > 1000) return
    said.add(target)
    say(target)
  }
}

function needStorage(storage: StorageService | undefined): StorageService {
  if (!storage) throw new Error('this cloud was started without storage')
  return storage
}
