/**
 * One change of one object: recorded, uploaded, brought back or deleted. It refuses to change what is another
 * generation than the plan saw.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConflictError, GoogleApiError } from '../../_shared/errors.ts'
import { digestsOf, type ObjectStorage } from '../../_shared/google/storage.ts'
import { assertNever } from '../../_shared/plan.ts'
import { markOf, type DeployStep } from './compare.ts'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.py': 'text/x-python',
  '.sql': 'text/plain',
  '.json': 'application/json',
  '.yaml': 'text/plain',
  '.yml': 'text/plain',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
}

export const contentTypeOf = (file: string): string =>
  CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream'

/** @returns when the change became visible: of what is deleted only the clock here knows it. */
export async function changeFile(
  step: DeployStep,
  edge: {
    storage: ObjectStorage
    folder: string
    bucket: string
    owner: string
    commit: string
    stop: AbortSignal
  },
): Promise<number | undefined> {
  const { storage, bucket, owner, commit, stop } = edge
  const metadata = markOf(owner, commit, step.target)
  try {
    switch (step.kind) {
      case 'adopt':
        await storage.setMetadata(bucket, step.target, metadata, { ...step, stop })
        return undefined
      case 'delete':
        await storage.remove(bucket, step.target, { ...step, stop })
        return Date.now()
      case 'upload': {
        const data = await readFile(path.join(edge.folder, step.file))
        const { crc32c } = digestsOf(data)
        if (crc32c !== step.crc32c)
          throw new ConflictError(
            `Uploading ${step.file}: the file changed while this deployment ran; run it again.`,
            { step: step.target, expected: step.crc32c, found: crc32c },
          )
        const written = await storage.write(bucket, step.target, data, {
          ifGeneration: step.ifGeneration,
          contentType: contentTypeOf(step.file),
          metadata,
          stop,
        })
        return written.updatedMs
      }
      case 'restore': {
        const from = { name: step.from, generation: step.fromGeneration, crc32c: step.crc32c }
        const copied = await storage.copy(bucket, from, step.target, {
          ifGeneration: step.ifGeneration,
          contentType: contentTypeOf(step.file),
          metadata: step.isOwned ? markOf(owner, step.commit, step.target) : {},
          stop,
        })
        return copied.updatedMs
      }
      case 'conflict':
        return undefined
      default:
        return assertNever(step)
    }
  } catch (error) {
    if (step.kind === 'conflict') throw error
    const isMoved =
      error instanceof GoogleApiError &&
      (error.status === 412 || (error.status === 404 && step.kind !== 'upload'))
    if (!isMoved) throw error
    throw new ConflictError(
      `Deploying ${step.target} (${step.kind}): somebody changed it after this run looked; run it again.`,
      {
        step: step.target,
        expected: `generation ${step.ifGeneration}`,
        found: 'another generation',
        hint: 'A concurrency group for deployments to one environment prevents this.',
      },
    )
  }
}
