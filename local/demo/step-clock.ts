/**
 * Tells the person at the terminal which step runs and how long each took; it refuses to write to stdout,
 * which belongs to machines.
 */
export interface StepClock {
  run<T>(name: string, title: string, work: () => Promise<T>): Promise<T>
  readonly seconds: Record<string, number>
}

export const createStepClock = (say: (line: string) => void, total: number): StepClock => {
  const seconds: Record<string, number> = {}
  let number = 0
  return {
    seconds,
    async run(name, title, work) {
      const startedMs = performance.now()
      say(`[${++number}/${total}] ${title}`)
      const result = await work()
      seconds[name] = (performance.now() - startedMs) / 1000
      say(`[${number}/${total}] ${title}: done in ${seconds[name].toFixed(1)} s`)
      return result
    },
  }
}
