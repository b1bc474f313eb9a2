/**
 * The recorded permissions of one mode, and the accounts made from them: one that holds exactly these, and
 * one without each.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repoRoot } from '../../support/cloud.ts'
import type { Grants } from '../../support/permission-roles.ts'

/**
 * Together what was asked and allowed. `needs`: without one of them the run fails. `asks`: the run goes on
 * without, but sees or shows less.
 */
export interface Recorded {
  readonly action: string
  readonly mode: string
  readonly needs: Grants
  readonly asks: Grants
}
export const recordingFile = join(repoRoot, 'docs/permissions.json')
export const readRecording = (): Recorded[] =>
  (JSON.parse(readFileSync(recordingFile, 'utf8')) as { modes: Recorded[] }).modes

export const pairs = (grants: Grants): [level: string, permission: string][] =>
  Object.entries(grants).flatMap(([level, permissions]) =>
    permissions.map((permission): [string, string] => [level, permission]),
  )
export function without(grants: Grants, level: string, permission: string): Grants {
  return Object.fromEntries(
    Object.entries(grants).map(([name, permissions]) => [
      name,
      name === level ? permissions.filter((one) => one !== permission) : permissions,
    ]),
  )
}
export function together({ needs, asks }: Pick<Recorded, 'needs' | 'asks'>): Grants {
  const levels = [...new Set([...Object.keys(needs), ...Object.keys(asks)])].sort((a, b) =>
    a.localeCompare(b),
  )
  return Object.fromEntries(
    levels.map((level) => [level, [...(needs[level] ?? []), ...(asks[level] ?? [])].sort()]),
  )
}
/** Account names are at most 30 characters with their prefix. */
export const exactName = (index: number): string => `x-${index}`
export const withoutName = (index: number, place: number): string => `x-${index}-${place}`
export function variantsOf(index: number, grants: Grants): Record<string, Grants> {
  return {
    [exactName(index)]: grants,
    ...Object.fromEntries(
      pairs(grants).map(([level, permission], place) => [
        withoutName(index, place),
        without(grants, level, permission),
      ]),
    ),
  }
}
