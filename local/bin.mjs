#!/usr/bin/env node
// The command of the package: checks Node, then runs the cli under it. Plain JS, since an older Node has to read it; it
// refuses to be run in a checkout, whose door is start.mjs.
import { existsSync } from 'node:fs'
import process from 'node:process'

const NEEDED = 24
const cli = new URL('./build/local/cli.js', import.meta.url)

if (!existsSync(cli)) {
  process.stderr.write('This is a checkout; run npm run local -- up, run FILE or doctor in its root.\n')
  process.exitCode = 1
} else if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Node ${NEEDED} or newer is needed, this is ${process.versions.node}; install it, or run: npx --package node@${NEEDED} --package clickstream-local clickstream-local ${process.argv.slice(2).join(' ')}\n`,
  )
  process.exitCode = 1
} else {
  // What Node calls experimental is nothing that a person with a workflow can change.
  const emit = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    if (![rest[0], rest[0]?.type, warning?.name].includes('ExperimentalWarning'))
      emit.call(process, warning, ...rest)
  }
  await import(cli.href)
}
