/** The order of GitHub's runs: their ids count up. It refuses to order what is no id. */
export const isRunId = (text: string): boolean => /^\d{1,20}$/.test(text)

export const beganBefore = (run: string, other: string): boolean =>
  isRunId(run) && isRunId(other) && BigInt(run) < BigInt(other)
