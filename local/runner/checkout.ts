/**
 * actions/checkout, done by the runner: the working tree of a repository on this disk as it is now. It
 * refuses to leave the workspace.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { BuiltinStep } from './step-room.ts'
import { isSameRepository } from './source.ts'
import { isStandIn, standIns } from './stand-ins.ts'
import { StepError } from './step-error.ts'
import { pathInWorkspace } from './step-paths.ts'
import { copyCheckout } from './workspace.ts'

export const checkOut = async ({ state, inputs, room, doing }: BuiltinStep): Promise<void> => {
  const { own, names } = room.repositories
  const repository = inputs.repository || own.repository
  const isOwn = isSameRepository(repository, own.repository)
  const ref = inputs.ref || (isOwn ? own.ref : 'HEAD')
  const found = isOwn && !inputs.ref ? own : await room.repositories.find(repository, ref)
  if (!found || isStandIn(found))
    throw new StepError(
      `actions/checkout: no checkout of ${repository} is known, only of ${names.filter((name) => !Object.hasOwn(standIns, name)).join(', ')}; name it with --repository ${repository}=PATH`,
    )
  const target = pathInWorkspace(state, inputs.path || '.')
  await mkdir(target, { recursive: true })
  if (inputs.clean !== 'false')
    for (const entry of await readdir(target)) await rm(join(target, entry), { recursive: true, force: true })
  const count = await copyCheckout(found.root, target, room.excluded)
  state.checkouts.push({ directory: target, source: found })
  Object.assign(doing.outputs, { ref: inputs.ref || (isOwn ? state.facts.ref : ''), commit: found.sha })
  const { sha, headRef } = state.facts
  const isHere =
    !isOwn || ['HEAD', own.ref, own.ref.replace(/^refs\/(heads|tags)\//, ''), sha, headRef].includes(ref)
  if (!isHere)
    doing.annotate({
      level: 'warning',
      message: `actions/checkout: ref ${ref} is not what is checked out here (${own.ref}, ${sha}); the working tree is used as it is`,
    })
  doing.log.line(
    `${count} files of the working tree of ${found.repository} at ${found.sha.slice(0, 12)} copied into ${relative(state.places.workspace, target) || 'the workspace'}`,
  )
}
