export interface Published {
  readonly version: string
  readonly tag: string
  readonly majorTag: string
  readonly source: string
  readonly commit: string
}
export interface Where {
  readonly root: string
  readonly from: string
  readonly digest: string
  readonly remote: string
  readonly branch: string
}
export function digestOf(folder: string): string
export function check(where: Where): string
/**
 * Commit and immutable tag, in one push that happens whole or not at all. Returns what was done, for people.
 */
export function push(where: Where): string
export function moveMajor(where: Where): string
export function publishOnGitHub(where: Where & { readonly repository: string }): string
