/** What Google's edge is given of the job it runs in; the runner object fits, and nothing here knows it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: { info(line: string): void; debug(line: string): void; warning(line: string): void }
  mask(secret: string): void
}
