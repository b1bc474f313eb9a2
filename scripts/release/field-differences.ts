/**
 * What a change of one schema field means: for a file users write, demanding more breaks them; for a file
 * they read, promising less does.
 */
import type { Bump } from './next-version.ts'
import type { Field } from './schema-fields.ts'

export type Role = 'accepted' | 'produced'

export function fieldDifferences(before: Field, after: Field, role: Role): { change: string; bump: Bump }[] {
  const found: { change: string; bump: Bump }[] = []
  // Narrower breaks who writes the file, wider breaks who reads it.
  const [narrower, wider]: [Bump, Bump] = role === 'accepted' ? ['major', 'minor'] : ['minor', 'major']
  const say = (change: string, bump: Bump): void => void found.push({ change, bump })
  if (isAny(before) !== isAny(after))
    say(
      `type ${before.types.join(' or ')} became ${after.types.join(' or ')}`,
      isAny(before) ? narrower : wider,
    )
  else {
    const { gone, fresh } = sets(before.types, after.types)
    if (gone.length > 0 && fresh.length > 0)
      say(`type ${before.types.join(' or ')} became ${after.types.join(' or ')}`, 'major')
    else if (gone.length > 0) say(`type ${gone.join(', ')} is no longer possible`, narrower)
    else if (fresh.length > 0) say(`type ${fresh.join(', ')} became possible`, wider)
  }
  if ((before.values === undefined) !== (after.values === undefined))
    say(
      after.values === undefined ? 'its list of values is gone' : `is limited to ${after.values.join(', ')}`,
      after.values === undefined ? wider : narrower,
    )
  else {
    const { gone, fresh } = sets(before.values ?? [], after.values ?? [])
    if (gone.length > 0) say(`value ${gone.join(', ')} is no longer possible`, narrower)
    if (fresh.length > 0) say(`value ${fresh.join(', ')} became possible`, wider)
  }
  if (before.isRequired !== after.isRequired)
    say(after.isRequired ? 'became required' : 'is no longer required', after.isRequired ? narrower : wider)
  // New fields in what we write are announced as additions, so openness alone never breaks a reader.
  if (before.isOpen !== after.isOpen)
    say(
      after.isOpen ? 'accepts further properties' : 'accepts no further properties',
      after.isOpen ? 'minor' : narrower,
    )
  for (const keyword of new Set([...Object.keys(before.constraints), ...Object.keys(after.constraints)])) {
    const [old, now] = [before.constraints[keyword], after.constraints[keyword]]
    if (old === now) continue
    // Which of two limits is the stricter is not judged: a changed one asks for a decision.
    say(
      old === undefined
        ? `${keyword} ${now} was added`
        : now === undefined
          ? `${keyword} ${old} was removed`
          : `${keyword} ${old} became ${now}`,
      old === undefined ? narrower : now === undefined ? wider : 'major',
    )
  }
  return found
}

const isAny = ({ types }: Field): boolean => types.includes('any')
const sets = (before: readonly string[], after: readonly string[]): { gone: string[]; fresh: string[] } => ({
  gone: before.filter((one) => !after.includes(one)),
  fresh: after.filter((one) => !before.includes(one)),
})
