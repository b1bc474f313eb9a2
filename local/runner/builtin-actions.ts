/**
 * The actions the runner does itself, because their own code would need GitHub: checkout and the two of
 * artifacts. It refuses inputs it does not honour.
 */
import { checkOut } from './checkout.ts'
import { downloadArtifact } from './download-artifact.ts'
import type { Conclusion } from './result.ts'
import type { BuiltinStep } from './step-room.ts'
import type { BuiltinAction } from './uses.ts'
import { uploadArtifact } from './upload-artifact.ts'

/** Inputs by their names in action.yml. */
export const builtinInputs: Readonly<Record<BuiltinAction, readonly string[]>> = {
  checkout: [
    'repository',
    'ref',
    'path',
    'fetch-depth',
    'persist-credentials',
    'clean',
    'show-progress',
    'set-safe-directory',
    'fetch-tags',
    'token',
    'ssh-key',
    'ssh-known-hosts',
    'ssh-strict',
    'ssh-user',
    'submodules',
    'lfs',
    'sparse-checkout-cone-mode',
  ],
  'upload-artifact': [
    'name',
    'path',
    'if-no-files-found',
    'retention-days',
    'compression-level',
    'overwrite',
    'include-hidden-files',
  ],
  'download-artifact': [
    'name',
    'artifact-ids',
    'path',
    'pattern',
    'merge-multiple',
    'run-id',
    'repository',
    'github-token',
  ],
}

/** Inputs of which only the words for "not" can be honoured: the working tree is brought as it is on this disk. */
export const onlyWhenFalse: readonly string[] = ['submodules', 'lfs']

const done: Readonly<Record<BuiltinAction, (step: BuiltinStep) => Promise<void>>> = {
  checkout: checkOut,
  'upload-artifact': uploadArtifact,
  'download-artifact': downloadArtifact,
}

export const runBuiltin = async (name: BuiltinAction, step: BuiltinStep): Promise<Conclusion> => {
  if (step.state.cancelled.aborted && !step.doing.wants()) return 'cancelled'
  await done[name](step)
  return 'success'
}
