/** Types of machine-versions.mjs, which is JavaScript because the stand-ins run it in a job. */
type Chosen =
  | { readonly found: { readonly path: string; readonly version: string }; readonly problem?: undefined }
  | { readonly problem: string; readonly found?: undefined }

export function rangeOf(wanted: string): ((version: string) => boolean) | undefined
export function chooseNode(wanted: string, path?: string): Chosen
export function choosePython(wanted: string): Chosen
