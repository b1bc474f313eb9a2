/**
 * A seeded stream of random numbers that is the same on every machine: 32-bit integer steps and IEEE division
 * only; it refuses transcendental functions.
 */

export interface RandomSource {
  /** Uniform in [0, 1) with 53 bits. */
  fraction(): number
  /** Uniform integer in [0, bound). */
  below(bound: number): number
  /** True with probability `parts / 1_000_000`. */
  chance(partsPerMillion: number): boolean
}

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded and warmed up as its author does. */
export function createRandomSource(seed: number): RandomSource {
  let a = seed | 0
  let b = 0x9e3779b9 | 0
  let c = 0x243f6a88 | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 15; round++) next()
  const fraction = (): number => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992
  return {
    fraction,
    below: (bound) => Math.floor(fraction() * bound),
    chance: (partsPerMillion) => fraction() * 1_000_000 < partsPerMillion,
  }
}

/**
 * A one-to-one scattering of 0..size-1 (affine, exact below 2^53), so that neighbours in one order are
 * strangers in the other.
 */
export function createScattering(size: number, random: RandomSource): (index: number) => number {
  const limit = Math.min(size, Math.floor(Number.MAX_SAFE_INTEGER / Math.max(size, 1)) - 1)
  let factor = Math.max(
    1,
    Math.floor(limit * 0.6180339887498949) - random.below(Math.max(1, Math.floor(limit / 8))),
  )
  while (greatestCommonDivisor(factor, size) !== 1) factor++
  const shift = random.below(size)
  return (index) => (((index * factor) % size) + shift) % size
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right)
}
