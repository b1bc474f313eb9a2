// Stands for actions/setup-node: puts a Node that this machine has in front of PATH. It downloads none.
import { appendFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { chooseNode } from '../../../runner/machine-versions.mjs'

const { found, problem } = chooseNode(process.env['INPUT_NODE-VERSION'] ?? '')
if (found) {
  appendFileSync(process.env.GITHUB_PATH, `${dirname(found.path)}\n`)
  appendFileSync(process.env.GITHUB_OUTPUT, `node-version=v${found.version}\ncache-hit=false\n`)
  process.stdout.write(`Node ${found.version} of this machine (${found.path})\n`)
} else {
  process.stdout.write(`::error::actions/setup-node: ${problem}.\n`)
  process.exitCode = 1
}
