/**
 * The list of what this runner can do; docs/local-runner.md repeats it. It refuses nothing: check-workflow.ts
 * does, by these lists.
 */
export const supportedKeys = {
  workflow: [
    'name',
    'description',
    'run-name',
    'on',
    'permissions',
    'env',
    'defaults',
    'concurrency',
    'jobs',
  ],
  job: [
    'name',
    'needs',
    'if',
    'strategy',
    'runs-on',
    'permissions',
    'environment',
    'concurrency',
    'outputs',
    'env',
    'defaults',
    'steps',
    'timeout-minutes',
    'continue-on-error',
    'uses',
    'with',
    'secrets',
  ],
  step: [
    'id',
    'name',
    'if',
    'uses',
    'with',
    'run',
    'shell',
    'working-directory',
    'env',
    'continue-on-error',
    'timeout-minutes',
  ],
} as const
export const unsupportedKeys = {
  job: ['container', 'services', 'snapshot', 'cancel-timeout-minutes'],
  step: ['background', 'wait', 'wait-all', 'cancel', 'parallel'],
} as const
export const supportedEvents = ['workflow_dispatch', 'push', 'schedule', 'pull_request'] as const
export const supportedShells = ['bash', 'sh', 'python'] as const
export const inputTypes = ['string', 'boolean', 'number', 'choice', 'environment'] as const

/** GitHub's own words. */
export const unexpectedInputs = (unexpected: readonly string[], valid: readonly string[]): string =>
  `Unexpected input(s) ${unexpected.map((name) => `'${name}'`).join(', ')}, valid inputs are [${valid.map((name) => `'${name}'`).join(', ')}]`
