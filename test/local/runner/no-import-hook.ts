/**
 * Stands for local/runner/json-import-hook.ts under Jest, which imports JSON by itself; it refuses nothing.
 */
export {}
