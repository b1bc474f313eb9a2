/**
 * What an installer said when it failed, and what that asks of the author. It refuses to take an index that was not
 * reached for one without the version.
 */

/** pip tells of a lost connection in warnings, and then that there is no version at all. */
const UNREACHED =
  /connection broken by|Could not fetch URL|timed out|ProxyError|SSLError|Name or service not known|Temporary failure in name resolution|unreachable/i

/** pip's errors with the reason before them, else its last lines; notices about a newer pip say nothing. */
export function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^\[notice\]/.test(line))
  const errors = lines.filter((line) => /^error/i.test(line)).slice(-4)
  const lost = errors.some((line) => UNREACHED.test(line))
    ? undefined
    : lines.findLast((line) => UNREACHED.test(line))
  const told = errors.length === 0 ? lines.slice(-4) : lost === undefined ? errors : [lost, ...errors]
  return told.join('\n').slice(0, 1500)
}

export function hintFor(said: string): string {
  if (UNREACHED.test(said))
    return "The package index was not reached; behind a mirror or proxy set pip's own variables (PIP_INDEX_URL, HTTPS_PROXY)."
  if (/which is not installed|has requirement .* but you have/i.test(said))
    return 'The lock of the input requirements is not complete; make it again with a tool that resolves all of it (uv pip compile --generate-hashes).'
  if (/hash(es)? (are|is) required|require-hashes|DO NOT MATCH/i.test(said))
    return 'Each requirement needs the hashes of its files; make the lock again with --generate-hashes.'
  if (/No module named|ensurepip/i.test(said))
    return 'This Python cannot make virtual environments; add actions/setup-python before this step (on Debian: python3-venv).'
  if (/No matching distribution|Could not find a version|not a supported wheel|Requires-Python/i.test(said))
    return 'This Python or the package index has no such version; add actions/setup-python with a Python from 3.10 to 3.13, or correct the version.'
  return "These are the installer's own words; correct what they name, or put a dbt of this version on PATH."
}

/** What the shipped lock leaves out, one made after its example may leave out as well: dbt never imports it. */
export const UNUSED: ReadonlySet<string> = new Set([
  'db-dtypes',
  'google-cloud-aiplatform',
  'numpy',
  'pandas',
  'pandas-gbq',
  'pyarrow',
])

/** @param said by `pip check`, a line for each package that is missing or does not fit. */
export function isOnlyUnused(said: string): boolean {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return (
    lines.length > 0 &&
    lines.every((line) => {
      const missing = / requires ([\w.-]+), which is not installed\.\s*$/.exec(line)?.[1]
      return missing !== undefined && UNUSED.has(missing.toLowerCase())
    })
  )
}
