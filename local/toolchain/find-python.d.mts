export interface FoundPython {
  readonly path: string
  readonly version: string
  readonly minor: number
}
export function askPython(command: string): FoundPython | undefined
export function findPython(
  from?: number,
  to?: number,
): { readonly python: FoundPython | undefined; readonly seen: readonly string[] }
