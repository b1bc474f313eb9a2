#!/usr/bin/env node
// Answers as GitHub's command line does for releases, from a file, immutable ones included; DIE_AFTER names a
// command after whose effect it dies.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import process from 'node:process'

const file = process.env.GITHUB_STATE
const releases = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
const words = process.argv.slice(2)
const option = (name) => words[words.indexOf(name) + 1]
const fail = (text) => {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

if (words[0] === 'api') {
  if (
    words.at(-1) !== 'repos/octo/clicks/releases?per_page=100' ||
    !words.includes('--paginate') ||
    !words.includes('--slurp')
  )
    fail(`not answered: ${words.join(' ')}`)
  process.stdout.write(JSON.stringify([releases]))
} else {
  if (words[0] !== 'release' || option('--repo') !== 'octo/clicks') fail(`not answered: ${words.join(' ')}`)
  const [, command, tag] = words
  const release = releases.find(({ tag_name: name }) => name === tag)
  if (command === 'create') {
    if (release) fail('a release with the same tag name already exists')
    if (!words.includes('--draft') || !words.includes('--verify-tag'))
      fail('the release would be public before it is whole')
    releases.push({
      tag_name: tag,
      draft: true,
      body: readFileSync(option('--notes-file'), 'utf8'),
      latest: false,
      assets: [],
    })
  } else if (!release) fail('release not found')
  else if (!release.draft) fail('HTTP 422: immutable releases cannot be changed')
  else if (command === 'upload') {
    for (const asset of words.slice(words.indexOf('octo/clicks') + 1)) {
      const name = basename(asset)
      if (!words.includes('--clobber') && release.assets.some((one) => one.name === name))
        fail('already_exists')
      release.assets = [
        ...release.assets.filter((one) => one.name !== name),
        { name, digest: `sha256:${createHash('sha256').update(readFileSync(asset)).digest('hex')}` },
      ]
    }
  } else if (command === 'edit' && words.includes('--draft=false'))
    Object.assign(release, { draft: false, latest: words.includes('--latest=true') })
  else fail(`not answered: ${words.join(' ')}`)
  writeFileSync(file, JSON.stringify(releases))
  if (process.env.DIE_AFTER === command) process.kill(process.ppid, 'SIGKILL')
}
