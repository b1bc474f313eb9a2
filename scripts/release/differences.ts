/**
 * Compares the interface of two releases and says of each difference what bump it needs; it reads nothing.
 */
import type { Bump } from './next-version.ts'
import type { Entry, Interface, Named } from './interface.ts'
import { fieldDifferences, type Role } from './field-differences.ts'

export interface Difference {
  readonly what: string
  readonly change: string
  readonly bump: Bump
}

const RANK: Readonly<Record<Bump, number>> = { patch: 0, minor: 1, major: 2 }
/** Users write these files; every other schema describes what we write and they read. */
const ACCEPTED = /^schema terraform-infra\//

export const isLower = (bump: Bump, than: Bump): boolean => RANK[bump] < RANK[than]
export const describe = ({ owner, name, entry }: Named): string =>
  name === '' ? owner : `${owner}: ${entry.kind} \`${name}\``
const roleOf = (owner: string): Role => (ACCEPTED.test(owner) ? 'accepted' : 'produced')

export function compareInterfaces(before: Interface, after: Interface): Difference[] {
  const hadOwner = new Set([...before.values()].filter(({ name }) => name === '').map(({ owner }) => owner))
  const hasOwner = new Set([...after.values()].filter(({ name }) => name === '').map(({ owner }) => owner))
  const differences: Difference[] = []
  for (const [key, named] of before) {
    const now = after.get(key)
    if (now !== undefined) differences.push(...changed(named, named.entry, now.entry))
    else if (named.name === '' || (hasOwner.has(named.owner) && !isInside(named, before, after)))
      differences.push(...removed(named))
  }
  for (const [key, named] of after) {
    if (before.has(key)) continue
    // A grant to somebody who is no identity of ours has no owner that could be new.
    const isOwnerOld = hadOwner.has(named.owner) || !hasOwner.has(named.owner)
    if (named.name === '' || (isOwnerOld && !isInside(named, after, before)))
      differences.push(...added(named))
  }
  return differences.sort(
    (a, b) => RANK[b.bump] - RANK[a.bump] || (a.what < b.what ? -1 : a.what > b.what ? 1 : 0),
  )
}

/** Whether a field came or went with the field around it, which is told once. */
function isInside({ owner, name, entry }: Named, own: Interface, other: Interface): boolean {
  if (entry.kind !== 'field') return false
  for (let end = name.length; end > 0; end -= 1) {
    if (end === name.length || (name[end] !== '.' && name[end] !== '[')) continue
    const parent = `${owner} field ${name.slice(0, end)}`
    if (own.has(parent) && !other.has(parent)) return true
  }
  return false
}

function removed(named: Named): Difference[] {
  const { kind } = named.entry
  // A mode is only a heading of what is needed; to need less breaks nobody.
  if (kind === 'permission' || kind === 'Google permission' || kind === 'mode') return []
  return [{ what: describe(named), change: 'removed', bump: 'major' }]
}

function added(named: Named): Difference[] {
  const { entry } = named
  const what = describe(named)
  if (entry.kind === 'permission') return [{ what, change: `${entry.level} is newly needed`, bump: 'major' }]
  if (entry.kind === 'Google permission') return [{ what, change: 'newly needed', bump: 'major' }]
  const isDemanded =
    ((entry.kind === 'input' || entry.kind === 'secret') && entry.isRequired) ||
    (entry.kind === 'field' && entry.field.isRequired && roleOf(named.owner) === 'accepted')
  return [
    isDemanded
      ? { what, change: 'added and required', bump: 'major' }
      : { what, change: 'added', bump: 'minor' },
  ]
}

function changed(named: Named, before: Entry, after: Entry): Difference[] {
  const what = describe(named)
  const found: Difference[] = []
  const say = (change: string, bump: Bump): void => void found.push({ what, change, bump })
  if (before.kind === 'action' && after.kind === 'action' && before.using !== after.using)
    say(`runs on ${after.using} instead of ${before.using}`, 'major')
  if (before.kind === 'input' && after.kind === 'input') {
    if (before.type !== after.type) say(`type ${before.type} became ${after.type}`, 'major')
    if (before.fallback !== after.fallback)
      say(
        `default ${quote(before.fallback)} became ${quote(after.fallback)}`,
        isRepairOfTool(named.name, before.fallback, after.fallback) ? 'minor' : 'major',
      )
  }
  if (
    (before.kind === 'input' || before.kind === 'secret') &&
    (after.kind === 'input' || after.kind === 'secret') &&
    before.isRequired !== after.isRequired
  ) {
    say(after.isRequired ? 'became required' : 'is no longer required', after.isRequired ? 'major' : 'minor')
  }
  if (
    before.kind === 'permission' &&
    after.kind === 'permission' &&
    before.level === 'read' &&
    after.level === 'write'
  )
    say('read became write', 'major')
  if (before.kind === 'field' && after.kind === 'field')
    for (const { change, bump } of fieldDifferences(before.field, after.field, roleOf(named.owner)))
      say(change, bump)
  return found
}

/**
 * A newer patch of the tool an input pins (`…-version: 1.11.16`) is the one default that may change in a
 * minor release: users want its repairs.
 */
function isRepairOfTool(input: string, before: string | undefined, after: string | undefined): boolean {
  const line = (version: string | undefined): string | undefined =>
    /^(\d+\.\d+)\.\d+$/.exec(version ?? '')?.[1]
  return input.endsWith('-version') && line(before) !== undefined && line(before) === line(after)
}

const quote = (value: string | undefined): string => (value === undefined ? 'none' : `\`${value}\``)
