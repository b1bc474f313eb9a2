/**
 * Asks for the bump and the words of a change and writes its changeset; the questions are those of the
 * changesets library, which needs a newer Node than this project's door.
 */
await import(import.meta.resolve('@changesets/cli/bin.js'))
export {}
