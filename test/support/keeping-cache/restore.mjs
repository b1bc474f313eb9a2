// Unpacks what an earlier job kept under this key; without it, says so and lets the job go on.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const { INPUT_KEY: key = '', INPUT_PATH: path = '', KEPT_CACHES: kept = '' } = process.env
// GitHub's version of a cache is its paths: elsewhere it is not found.
const archive = join(
  kept,
  `${createHash('sha256')
    .update(JSON.stringify([key, path]))
    .digest('hex')}.tar`,
)
const isHit = existsSync(archive)
if (isHit) execFileSync('tar', ['--posix', '-xPf', archive])
appendFileSync(process.env.GITHUB_OUTPUT, `cache-hit=${isHit}\n`)
appendFileSync(process.env.GITHUB_STATE, `archive=${isHit ? '' : archive}\n`)
process.stdout.write(`cache ${isHit ? 'restored' : 'not found'}: ${key}\n`)
