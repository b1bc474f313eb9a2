/**
 * Strict reading of an action's inputs: each value parses whole or is refused by the input's name. It reads
 * nothing but what `read` gives it.
 */
import { InputError, wrongValue } from '../errors.ts'

/**
 * What an action asks for. Each call names the input once; `fallback` equals the default of action.yml (a
 * test compares them).
 */
export interface Inputs {
  /** Trimmed text; the fallback (default '') when empty. */
  text(name: string, fallback?: string): string
  /** Trimmed text that must not be empty. */
  required(name: string): string
  /** `true`, `True`, `TRUE`, `false`, `False`, `FALSE`, as YAML 1.2 has it; nothing else. */
  boolean(name: string, fallback: boolean): boolean
  /** undefined when empty and no fallback is given. */
  integer(name: string, limits: { min: number; max: number; fallback: number }): number
  optionalInteger(name: string, limits: { min: number; max: number }): number | undefined
  /** Plain decimal notation (`0.06`), no exponent. */
  decimal(name: string, limits: { min: number; max: number; fallback: number }): number
  optionalDecimal(name: string, limits: { min: number; max: number }): number | undefined
  choice<const T extends string>(name: string, accepted: readonly T[], fallback: NoInfer<T>): T
  /** One entry per line, trimmed, empty lines dropped. At least one when `isRequired`. */
  lines(name: string, options?: { isRequired?: boolean }): readonly string[]
  /** Entries separated by commas or lines. */
  list(name: string, fallback?: string): readonly string[]
  /** `key=value` lines; the value may contain `=`; a repeated key is refused. */
  pairs(name: string): Readonly<Record<string, string>>
  /** A JSON object; undefined when empty. */
  jsonObject(name: string): Readonly<Record<string, unknown>> | undefined
}

const DECIMAL = /^-?\d{1,12}(\.\d{1,12})?$/

/** @param read gives the raw string of an input, '' when absent. */
export function createInputs(read: (name: string) => string): Inputs {
  const raw = (name: string) => read(name).trim()
  const refuse = (input: string, given: string, accepted: string): never => {
    throw wrongValue(input, given, accepted)
  }
  const number = (
    name: string,
    pattern: RegExp,
    accepted: string,
    limits: { min: number; max: number },
  ): number | undefined => {
    const given = raw(name)
    if (given === '') return undefined
    const value = Number(given)
    if (!pattern.test(given) || !Number.isFinite(value) || value < limits.min || value > limits.max)
      refuse(name, given, `${accepted} from ${limits.min} to ${limits.max}`)
    return value
  }
  const lines = (name: string) =>
    raw(name)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const required = (name: string) => {
    throw new InputError(
      `Reading input ${name}: it is required and was not given (or is empty); add "${name}:" to the step's "with".`,
      { input: name, given: '', accepted: 'a non-empty value', problem: 'missing-input' },
    )
  }
  return {
    text: (name, fallback = '') => raw(name) || fallback,
    required: (name) => raw(name) || required(name),
    boolean: (name, fallback) => {
      const given = raw(name)
      if (given === '') return fallback
      if (/^(true|True|TRUE)$/.test(given)) return true
      if (/^(false|False|FALSE)$/.test(given)) return false
      return refuse(name, given, 'true or false')
    },
    integer: (name, limits) => number(name, /^-?\d{1,15}$/, 'an integer', limits) ?? limits.fallback,
    optionalInteger: (name, limits) => number(name, /^-?\d{1,15}$/, 'an integer', limits),
    decimal: (name, limits) => number(name, DECIMAL, 'a decimal number', limits) ?? limits.fallback,
    optionalDecimal: (name, limits) => number(name, DECIMAL, 'a decimal number', limits),
    choice: (name, accepted, fallback) => {
      const given = raw(name)
      if (given === '') return fallback
      return (
        accepted.find((value) => value === given) ??
        refuse(
          name,
          given,
          `one of ${accepted.map((value) => (value === '' ? '(empty)' : value)).join(', ')}`,
        )
      )
    },
    lines: (name, options = {}) => {
      const found = lines(name)
      return options.isRequired && found.length === 0 ? required(name) : found
    },
    list: (name, fallback = '') =>
      (raw(name) || fallback)
        .split(/[,\r\n]/)
        .map((entry) => entry.trim())
        .filter((entry) => entry !== ''),
    pairs: (name) => {
      const pairs = new Map<string, string>()
      for (const line of lines(name)) {
        const at = line.indexOf('=')
        const key = line.slice(0, at).trim()
        if (at < 1 || key === '') refuse(name, line, 'a line of the form key=value')
        if (pairs.has(key)) refuse(name, line, `acceptable: the key ${key} stands there twice`)
        pairs.set(key, line.slice(at + 1).trim())
      }
      return Object.fromEntries(pairs)
    },
    jsonObject: (name) => {
      const given = raw(name)
      if (given === '') return undefined
      let value: unknown
      try {
        value = JSON.parse(given)
      } catch {
        return refuse(name, given, 'a JSON object')
      }
      return value !== null && typeof value === 'object' && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : refuse(name, given, 'a JSON object')
    },
  }
}
