/**
 * Takes tokens and keys out of any text before it is shown, by their known shapes. It refuses to trust the
 * runner's masks alone: they hide only what is spelled exactly as it was registered.
 */

/** The names under which tokens and keys travel, in JSON, forms and headers. */
const NAMED =
  'access_?token|id_?token|refresh_?token|subject_?token|actor_?token|auth_?token|client_?secret|private_?key(?:_?id)?|password|assertion'
/** Nothing below looks on without a bound: a hostile line of 64 kB must not stop the step for half a minute. */
const NAMED_JSON = new RegExp(
  `(\\\\{0,8}["'](?:${NAMED})\\\\{0,8}["']\\s{0,9}:\\s{0,9}\\\\{0,8}["'])[^"'\\\\]{4,}`,
  'gi',
)
const NAMED_FORM = new RegExp(`\\b((?:${NAMED})=)[^\\s&"',;]{8,}`, 'gi')

/** "Basic setup" and "bearer of" are words; what follows these two in a header is none. */
const HEADER = /\b([Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=\S{20}|\S*\d|\S*[a-z]\S*[A-Z])[\w.~+/=-]{8,}/g

export function hideSecrets(text: string): string {
  return hideEndsOfKeys(text.replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]'))
    .replace(/eyJ[\w-]{8,1000}\.[\w-]+\.?[\w-]*/g, '[token]')
    .replace(/\bya29\.[\w.-]+/g, '[token]')
    .replace(/\b(gh[opsur]_\w{20,}|github_pat_\w{20,}|AIza[\w-]{35})/g, '[token]')
    .replace(HEADER, '$1 [token]')
    .replace(NAMED_JSON, '$1[hidden]')
    .replace(NAMED_FORM, '$1[hidden]')
    .replace(/(\bhttps?:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[hidden]@')
}

/** Of the last lines of something the beginning may be cut off, and with it the word that a key follows. */
function hideEndsOfKeys(text: string): string {
  if (!text.includes('-----END')) return text
  const shown: string[] = []
  for (const line of text.split('\n')) {
    const after = /^.*-----END[^-]*-----(.*)$/.exec(line)?.[1]
    if (after === undefined) shown.push(line)
    else {
      while (/^\s*[\w+/=]{16,}\s*$/.test(shown.at(-1) ?? '')) shown.pop()
      shown.push(`[key]${after}`)
    }
  }
  return shown.join('\n')
}

/** As many lines as the largest keys have. */
const KEY_LINES = 120

/** For what comes line by line: a key begins in one line and ends in a later one. */
export function hideLineByLine(): (line: string) => string {
  let left = 0
  return (line) => {
    if (left > 0) {
      left -= 1
      const end = /-----END[^-]*-----/.exec(line)
      if (end !== null) {
        left = 0
        return `[key]${hideSecrets(line.slice(end.index + end[0].length))}`
      }
      if (/^\s*([\w+/=]*|(Proc-Type|DEK-Info):.*)\s*$/.test(line)) return '[key]'
      // Behind the time and the level of a log.
      const hidden = line.replace(/[\w+/=]{40,}/g, '[key]')
      if (hidden !== line) return hidden
      left = 0
    }
    if (line.lastIndexOf('-----BEGIN') > line.lastIndexOf('-----END')) left = KEY_LINES
    return hideSecrets(line)
  }
}

/** True for what somebody pasted into the wrong place: no part of such a value is worth showing. */
export function looksSecret(text: string): boolean {
  return hideSecrets(text) !== text || /"?private_key|service_account"|[A-Za-z0-9+/]{200}/.test(text)
}

/** What a name ends in whose value nobody is to read, as people spell it: `spark.x.password`, `apiKey`, `--api-key`. */
const SECRET =
  'passw(?:or)?d|passphrase|pwd|secret|credentials?|token|(?:api|access|account|private|secret|signing)[-_.]?key'
const SECRET_NAME = new RegExp(`(?:${SECRET})$|account\\.key\\.`, 'i')
const NAMED_WORD = new RegExp(`([\\w.-]{0,200}(?:${SECRET})["']?\\s{0,9}[:=]\\s{0,9}["']?)[^\\s"',}]+`, 'gi')

/**
 * A copy for people of what is sent. The runner masks secrets in its logs and summaries; what goes on from a step's
 * output into a comment nobody masks, so a value goes by its name, in lists as well: `--x-token=V` and `--x-token`, `V`.
 */
export function hideNamed(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      typeof item === 'string' && isSecretFlag(value[index - 1]) && !item.startsWith('--')
        ? HIDDEN
        : hideNamed(item),
    )
  if (typeof value === 'string') return hideNamedWords(value)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' && SECRET_NAME.test(name) ? HIDDEN : hideNamed(member),
    ]),
  )
}

/** The same of a command line, `--vars '{api_key: …}'` among its words. */
export const hideNamedWords = (text: string): string => text.replace(NAMED_WORD, `$1${HIDDEN}`)

const HIDDEN = '[hidden]'
const isSecretFlag = (word: unknown): boolean =>
  typeof word === 'string' && /^--?[\w.-]+$/.test(word) && SECRET_NAME.test(word)
