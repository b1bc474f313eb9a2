// Turns the output of a failed installer into one sentence a person can act on; it never guesses a cause the
// output does not show.

const CAUSES = [
  {
    pattern: /ENOSPC|No space left on device|disk (?:is )?full|os error 28\b/i,
    advice: 'the disk is full; free some space and run the same command again.',
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|dns error|Temporary failure in name resolution|Name or service not known|Network is unreachable|Connection refused|connection error|error sending request|tcp connect error|Failed to establish a new connection|UnknownHostException|request to \S+ failed|Could not connect|operation timed out|network(?: connectivity)? (?:was|is) disabled/i,
    advice:
      'the package registry could not be reached; the first set-up needs the network once (later runs do not).',
  },
  {
    pattern: /EUSAGE[^]*in sync/,
    advice: 'package-lock.json does not describe package.json; run `npm install` and commit the lock file.',
  },
  {
    pattern:
      /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|unable to get local issuer|invalid peer certificate|PKIX path/i,
    advice:
      'the certificate of the package registry was not accepted; name your certificate file in SSL_CERT_FILE and NODE_EXTRA_CA_CERTS.',
  },
  {
    pattern: /EACCES|EPERM|Permission denied|EROFS|Read-only file system/i,
    advice: 'a folder could not be written; check the owner of the checkout and of the cache folder.',
  },
]

/**
 * @returns {Error} with one sentence; the last lines of the output follow only when no cause is recognised.
 */
export function explainFailure(doing, output) {
  const cause = CAUSES.find(({ pattern }) => pattern.test(output))
  if (cause) return new Error(`${doing} failed: ${cause.advice}`)
  const tail = output
    .trim()
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-6)
    .join('\n  ')
  return new Error(`${doing} failed:\n  ${tail || 'no output'}`)
}
