// Stands for actions/cache: always a miss, and nothing is saved. It fails where a miss has to.
import { appendFileSync } from 'node:fs'
import process from 'node:process'

const { INPUT_KEY: key = '' } = process.env
appendFileSync(process.env.GITHUB_OUTPUT, `cache-primary-key=${key}\ncache-hit=\ncache-matched-key=\n`)
if (process.env['INPUT_FAIL-ON-CACHE-MISS'] === 'true') {
  process.stdout.write(
    `::error::actions/cache: the local runner keeps no cache, so '${key}' is a miss, and fail-on-cache-miss is true.\n`,
  )
  process.exitCode = 1
} else process.stdout.write(`no cache is kept here: '${key}' is a miss\n`)
