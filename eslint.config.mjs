/** Lint rules; the walls of docs/architecture.md stand here as errors. It formats nothing. */
import { existsSync, readdirSync } from 'node:fs'
import js from '@eslint/js'
import tseslint from 'typescript-eslint'
import { noCycle } from './scripts/lint/no-cycle.mjs'

const google = {
  group: ['google-auth-library', '@google-cloud/*', 'gaxios', 'google-gax'],
  message: 'Only actions/_shared/google talks to Google (its files return domain shapes).',
}
const runner = { group: ['@actions/*'], message: 'Only actions/_shared/runner talks to the runner.' }
const local = {
  group: ['**/local/**'],
  message: 'actions/ and local/ share no code: a bug must not be able to agree with itself.',
}
const actions = {
  group: ['**/actions/**'],
  message: 'local/ and actions/ share no code: a bug must not be able to agree with itself.',
}
const actionsFolder = new URL('actions/', import.meta.url)
const otherActions = readdirSync(actionsFolder)
  .filter((name) => existsSync(new URL(`${name}/action.yml`, actionsFolder)))
  .map((name) => ({
    group: [`../../${name}/**`, `**/actions/${name}/**`],
    message: 'Actions compose through step outputs and credentials, never by import.',
  }))
const edges = {
  group: ['**/google/**', '**/runner/**', 'node:*'],
  message: 'A plan chooses from values: it reads nothing and changes nothing.',
}
/** The SQL of the local BigQuery is built in floors: each knows those before it, and no other room of it. */
const bigquery = 'local/cloud/bigquery'
const floors = ['parse', 'values', 'functions', 'resolve', 'statements']
const rooms = readdirSync(new URL(bigquery, import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'sql')
  .map(({ name }) => name)
const wallsOf = (floor) => ({
  group: [...floors.slice(floors.indexOf(floor) + 1), ...rooms].map((name) => `**/${name}/**`),
  message: `SQL goes one way, ${floors.join(' → ')}, and knows neither warehouse nor jobs.`,
})
const restrict = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })

const house = { house: { rules: { 'no-cycle': noCycle } } }
const everywhere = {
  'house/no-cycle': 'error',
  'no-debugger': 'error',
  'no-console': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'prefer-const': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
}
const unused = ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }]
const globals = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']))

export default tseslint.config(
  {
    ignores: [
      ...['dist/**', '.dist-*/**', '**/build/**', 'node_modules/**', '.local/**', 'coverage/**'],
      ...['dbt/target/**', 'dbt/dbt_packages/**', '**/.venv/**'],
    ],
  },
  // Plain JavaScript: what starts before anything is installed, runs in a page, or has the rights of a release.
  {
    files: ['**/*.{mjs,js}'],
    plugins: house,
    languageOptions: {
      globals: globals(
        ...['URL', 'URLSearchParams', 'fetch', 'process', 'setInterval', 'clearInterval', 'setTimeout'],
      ),
    },
    rules: { ...js.configs.recommended.rules, ...everywhere, 'no-unused-vars': unused },
  },
  {
    files: ['local/demo/page/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: {
        process: 'off',
        ...globals(
          ...['document', 'location', 'history', 'navigator', 'Blob', 'Image', 'XMLSerializer'],
          ...['addEventListener', 'matchMedia', 'getComputedStyle', 'getSelection'],
          ...['requestAnimationFrame', 'cancelAnimationFrame'],
        ),
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: house,
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...everywhere,
      'no-unused-vars': 'off',
      '@typescript-eslint/no-unused-vars': unused,
      '@typescript-eslint/no-explicit-any': 'error',
      // The edges are objects made of closures: no method here has a `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
      // A function of an interface that answers a promise is async, whether or not it waits.
      '@typescript-eslint/require-await': 'off',
    },
  },
  // Above it are edges only: objects made of closures.
  {
    files: ['actions/*/src/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 88, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['actions/**/*.ts'], rules: restrict(google, runner, local, ...otherActions) },
  { files: ['actions/_shared/google/**/*.ts'], rules: restrict(runner, local, ...otherActions) },
  { files: ['actions/_shared/runner/**/*.ts'], rules: restrict(google, local, ...otherActions) },
  {
    files: ['actions/*/src/plan.ts', 'actions/*/src/report.ts'],
    rules: restrict(google, runner, local, edges, ...otherActions),
  },
  { files: ['local/**/*.ts'], rules: restrict(actions) },
  ...floors.map((floor) => ({
    files: [`${bigquery}/sql/${floor}/**/*.ts`],
    rules: restrict(actions, wallsOf(floor)),
  })),
  {
    files: ['test/**/*.ts', 'scripts/**/*.ts', 'local/cli.ts', 'local/demo/*.ts', 'local/runner/*.ts'],
    rules: { 'no-console': 'off' },
  },
  // Fields of a request are shown to whoever sent them as they came, whatever they are.
  { files: ['local/**/*.ts', 'test/**/*.ts'], rules: { '@typescript-eslint/no-base-to-string': 'off' } },
  // Answers of an API arrive as anything; tests look at them field by field.
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'max-lines': ['error', { max: 520, skipBlankLines: true, skipComments: true }],
    },
  },
)
