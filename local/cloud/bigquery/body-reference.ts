/** Reads the names that a body holds beside those of its URL; it refuses two that differ. */
import { record, text, type Body } from './engine/request-body.ts'
import { invalid } from './engine/refusals.ts'
import type { Room } from './room.ts'

/** @param url what the URL names beside the project. */
export function referenceInBody(
  room: Room,
  body: Body,
  member: 'datasetReference' | 'tableReference' | 'routineReference' | 'jobReference',
  url: Readonly<Record<string, string | undefined>>,
): Body {
  const { project, projectNumber } = room.environment
  const given = record(body, member) ?? {}
  for (const [name, wanted] of Object.entries({ projectId: project, ...url })) {
    const told = text(given, name)
    if (told && told !== wanted && !(name === 'projectId' && told === projectNumber))
      throw invalid(`${member}.${name} '${told}' is not that of the request's URL, '${wanted ?? ''}'.`)
  }
  return given
}
