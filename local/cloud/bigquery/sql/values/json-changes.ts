/** What JSON_SET, JSON_REMOVE, JSON_STRIP_NULLS and JSON_KEYS do to a JSON value, as ZetaSQL's functions of these names. */
import { byBytes, isArray, isObject, jsonTextOf, parseJson, type Json } from './normal-json.ts'

export type Step = string | number
const stepsOf = (path: string): Step[] => JSON.parse(path) as Step[]
const stepped = (json: Json, step: Step): Json | undefined =>
  typeof step === 'string'
    ? isObject(json)
      ? json.get(step)
      : undefined
    : isArray(json)
      ? json[step]
      : undefined
const isEmpty = (json: Json): boolean =>
  (isArray(json) && json.length === 0) || (isObject(json) && json.size === 0)

/** As large as an array may grow. */
const LARGEST = 1_000_000
const checked = (step: number): number => {
  if (step >= LARGEST) throw new Error(`Exceeded maximum array size of ${LARGEST}`)
  return step
}

/** A value at the end of steps that do not exist yet. */
const built = (steps: readonly Step[], value: Json): Json =>
  steps.reduceRight<Json>((inner, step) => {
    if (typeof step === 'string') return new Map([[step, inner]])
    return [...Array.from({ length: checked(step) }, () => 'null'), inner]
  }, value)

function set(json: Json, steps: readonly Step[], value: Json, isCreating: boolean): Json {
  const [step, ...rest] = steps
  if (step === undefined) return value
  const inner = stepped(json, step)
  const isTaking = typeof step === 'string' ? isObject(json) : isArray(json)
  if (inner === undefined && (!isCreating || (!isTaking && json !== 'null'))) return json
  if (!isTaking) return inner === undefined ? built(steps, value) : json
  const after = inner === undefined ? built(rest, value) : set(inner, rest, value, isCreating)
  if (isObject(json)) json.set(String(step), after)
  else if (isArray(json)) {
    while (json.length < checked(Number(step))) json.push('null')
    json[Number(step)] = after
  }
  return json
}

export const jsonSet = (text: string, path: string, value: string, isCreating: boolean): string =>
  jsonTextOf(set(parseJson(text), stepsOf(path), parseJson(value), isCreating))

export function jsonRemoved(text: string, path: string): string {
  const whole = parseJson(text)
  const steps = stepsOf(path)
  const last = steps.pop()!
  let json: Json | undefined = whole
  for (const step of steps) json = json === undefined ? undefined : stepped(json, step)
  if (json !== undefined && isObject(json) && typeof last === 'string') json.delete(last)
  if (json !== undefined && isArray(json) && typeof last === 'number') json.splice(last, 1)
  return jsonTextOf(whole)
}

function stripped(json: Json, fromArrays: boolean, isRemovingEmpty: boolean): Json {
  const isGone = (inner: Json): boolean =>
    inner === 'null' || (isRemovingEmpty && isEmpty(inner) && (fromArrays || isObject(inner)))
  if (isObject(json)) {
    for (const [key, value] of json) {
      const inner = stripped(value, fromArrays, isRemovingEmpty)
      if (isGone(inner)) json.delete(key)
      else json.set(key, inner)
    }
    return json
  }
  if (!isArray(json)) return json
  const items = json.map((item) => stripped(item, fromArrays, isRemovingEmpty))
  if (fromArrays) return items.filter((item) => !isGone(item))
  // Google's words say that it becomes null there, its code that it stays.
  if (isRemovingEmpty && items.some((item) => isObject(item) && isEmpty(item)))
    throw new Error(
      'An empty object in an array under JSON_STRIP_NULLS with remove_empty and without include_arrays is not supported by the local BigQuery',
    )
  return items
}

export function jsonStripped(
  text: string,
  path: string,
  fromArrays: boolean,
  isRemovingEmpty: boolean,
): string {
  const whole = parseJson(text)
  const steps = stepsOf(path)
  let json: Json | undefined = whole
  for (const step of steps) json = json === undefined ? undefined : stepped(json, step)
  if (json === undefined) return jsonTextOf(whole)
  const after = stripped(json, fromArrays, isRemovingEmpty)
  const isNothing = isRemovingEmpty && isEmpty(after) && (fromArrays || isObject(after))
  return jsonTextOf(set(whole, steps, isNothing ? 'null' : after, false))
}

export function jsonKeys(text: string, depth: number, mode: string): string[] {
  if (depth <= 0) throw new Error('max_depth must be positive.')
  const found = new Set<string>()
  const visit = (json: Json, left: number, prefix: string): void => {
    if (isObject(json))
      for (const [key, value] of json) {
        const name = /[."\\\u0000-\u001f]/.test(key) ? JSON.stringify(key) : key
        const path = prefix === '' ? name : `${prefix}.${name}`
        found.add(path)
        if (left > 1) visit(value, left - 1, path)
      }
    if (isArray(json) && mode !== 'strict')
      for (const item of json)
        if (isObject(item) || (isArray(item) && mode === 'lax recursive')) visit(item, left, prefix)
  }
  visit(parseJson(text), depth, '')
  return [...found].sort(byBytes)
}
