/**
 * Takes tokens and keys out of any text before it is shown, by their known shapes. It refuses to trust the
 * runner's masks alone: they hide only what is spelled exactly as it was registered.
 */

/** The names under which tokens and keys travel, in JSON, forms and headers. */
const NAMED =
  'access_?token|id_?token|refresh_?token|subject_?token|actor_?token|auth_?token|client_?secret|private_?key(?:_?id)?|password|assertion'
const NAMED_JSON = new RegExp(`(\\\\*["'](?:${NAMED})\\\\*["']\\s*:\\s*\\\\*["'])[^"'\\\\]{4,}`, 'gi')
const NAMED_FORM = new RegExp(`\\b((?:${NAMED})=)[^\\s&"',;]{8,}`, 'gi')

export function hideSecrets(text: string): string {
  return text
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]')
    .replace(/eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, '[token]')
    .replace(/\bya29\.[\w.-]+/g, '[token]')
    .replace(/\b(gh[opsur]_\w{20,}|github_pat_\w{20,})/g, '[token]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [token]')
    .replace(NAMED_JSON, '$1[hidden]')
    .replace(NAMED_FORM, '$1[hidden]')
    .replace(/(\bhttps?:\/\/)[^\s/@:]+:[^\s/@]+@/gi, '$1[hidden]@')
}

/** True for what somebody pasted into the wrong place: no part of such a value is worth showing. */
export function looksSecret(text: string): boolean {
  return hideSecrets(text) !== text || /"?private_key|service_account"|^[A-Za-z0-9+/]{200,}={0,2}$/.test(text)
}
