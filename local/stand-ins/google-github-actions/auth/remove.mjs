// The post step of the stand-in: removes the file that it made, and only that.
import { rmSync } from 'node:fs'
import process from 'node:process'

if (process.env.STATE_file && process.env.INPUT_CLEANUP_CREDENTIALS !== 'false')
  rmSync(process.env.STATE_file, { force: true })
