/**
 * The closed set of problems a failing step can name: each is an anchor of docs/troubleshooting.md, and the
 * message ends with the link to it. It refuses ids that the page does not explain (a test compares both).
 */

export const PROBLEMS = [
  // What the workflow's author wrote.
  'input',
  'missing-input',
  'missing-id-token',
  'no-credentials',
  'credentials-file',
  'no-project',
  'endpoint-host',
  'workspace-path',
  'dataset-locations',
  // What Google (or GitHub's token service) answered.
  'google-api',
  'wif-condition',
  'wif-provider',
  'wif-audience',
  'wif-issuer',
  'wif-subject',
  'wif-mapping',
  'wif-clock',
  'unknown-account',
  'org-policy',
  'impersonation',
  'token-lifetime',
  'token-kind',
  'oidc-token',
  'act-as',
  'airflow-permission',
  'api-disabled',
  'quota',
  'not-found',
  'unauthenticated',
  'permission-denied',
  'no-answer',
  'not-google',
  'composer-not-running',
  // What GitHub answered.
  'github-api',
  'comment-permission',
  // The world moved.
  'conflict',
  'plan-changed',
  'batch-id-used',
  // Somebody has to decide.
  'refused',
  'service-account-key',
  'project-not-allowed',
  'foreign-files',
  'unrecorded-files',
  'empty-source',
  'mass-delete',
  'breaking-view',
  'not-a-view',
  'foreign-view',
  'unowned-view',
  'view-circle',
  'table-change',
  'dbt-cost',
  'dbt-foreign-dataset',
  // The user's own job, model, query or DAG.
  'work-failed',
  'cancelled',
  'spark-failed',
  'spark-timeout',
  'dbt-failed',
  'dbt-installation',
  'view-query',
  'table-ddl',
  'dag-import',
  'airflow-command',
  // Ours.
  'unexpected',
] as const
export type ProblemId = (typeof PROBLEMS)[number]
