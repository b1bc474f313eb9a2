// One configuration for every TypeScript test: sources stay untranspiled on disk and are stripped by swc as
// ES modules.
export default {
  roots: ['<rootDir>/test'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Jest has a loader of its own, which imports JSON without attributes already and allows no hooks.
  moduleNameMapper: { '/json-import-hook\\.ts$': '<rootDir>/test/local/runner/no-import-hook.ts' },
  testMatch: ['**/*.test.ts'],
  testTimeout: 60_000,
  // Two cores: much of a file's time is waiting for a server, a batch or a poll.
  maxWorkers: 3,
  testSequencer: '<rootDir>/test/longest-first.mjs',
}
