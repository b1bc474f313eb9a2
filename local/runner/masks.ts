/**
 * Replaces secrets by *** in everything shown, in the encodings GitHub's runner knows; it refuses to mask
 * nothing (an empty secret).
 */
export interface Masks {
  add(secret: string): void
  hide(text: string): string
}

export const createMasks = (): Masks => {
  const secrets = new Set<string>()
  let longestFirst: string[] = []
  return {
    add(secret) {
      for (const part of [secret, ...secret.split(/\r?\n/)]) {
        if (part.trim() === '') continue
        for (const form of forms(part)) secrets.add(form)
      }
      longestFirst = [...secrets].sort((a, b) => b.length - a.length)
    },
    hide: (text) =>
      longestFirst.reduce(
        (hidden, secret) => (hidden.includes(secret) ? hidden.split(secret).join('***') : hidden),
        text,
      ),
  }
}

/**
 * A secret inside a longer text that is then base64-encoded appears in one of three alignments: the whole
 * groups of each are hidden.
 */
const forms = (secret: string): string[] => {
  const found = [
    secret,
    secret.trim(),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    secret.replaceAll("'", "''"),
  ]
  const bytes = Buffer.from(secret)
  for (const shift of [0, 1, 2]) {
    const shifted = bytes.subarray(shift)
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3)).toString('base64')
    if (whole.length >= 8) found.push(whole)
  }
  if (bytes.length >= 3) found.push(bytes.toString('base64'))
  return found
}
