// Stands for google-github-actions/setup-gcloud: the gcloud of this machine, with a home of the job's own. It installs
// none, and no components.
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import process from 'node:process'

try {
  const { core, ...others } = JSON.parse(
    execFileSync('gcloud', ['version', '--format=json'], { encoding: 'utf8' }),
  )
  const version = others['Google Cloud SDK'] ?? core
  appendFileSync(process.env.GITHUB_OUTPUT, `version=${version}\n`)
  const project = process.env.INPUT_PROJECT_ID
  if (project) appendFileSync(process.env.GITHUB_ENV, `CLOUDSDK_CORE_PROJECT=${project}\n`)
  process.stdout.write(`gcloud ${version} of this machine\n`)
} catch {
  process.stdout.write(
    '::error::google-github-actions/setup-gcloud: there is no gcloud on this machine, and the local runner installs none; install it and run again.\n',
  )
  process.exitCode = 1
}
