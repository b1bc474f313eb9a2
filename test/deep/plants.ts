/** The faults that are planted in a copy of this checkout: a file, what stands in it once, and what takes its place. */
export type Plant = readonly [file: string, from: string, to: string]

const ACCESS = 'terraform-infra/access.yaml'
const CONVERSIONS = 'bigquery/views/caec_insights/kpi_conversion_rate.sql'
const PIPELINE = 'workflows-examples/pipeline.yml'
const STAGER = 'which would take storage.objects.delete.\n    permissions:\n'
const WRITER = 'bound under the condition only-dags-and-records.\n    permissions:\n'
const USER = 'role: roles/iam.serviceAccountUser,\n        members: [data-eng, composer'
const QUERYING = 'role: roles/bigquery.jobUser,\n        members: [analyst, composer'
const GATE = 'session_gaps: { on_red: hold, at_most: '

export const plants = {
  sessionAtTheGap: [
    'spark/transforms/sessions.py',
    'F.col("event_us") - previous_us > rule.gap_us',
    'F.col("event_us") - previous_us >= rule.gap_us',
  ],
  openGate: ['dbt/models/gate.yml', `${GATE}0 }`, `${GATE}1000000 }`],
  cartsAreConversions: [
    CONVERSIONS,
    'SUM(days.sessions_with_purchase) AS',
    'SUM(days.sessions_with_cart) AS',
  ],
  cartsAreTheRate: [
    CONVERSIONS,
    'SAFE_DIVIDE(SUM(days.sessions_with_purchase)',
    'SAFE_DIVIDE(SUM(days.sessions_with_cart)',
  ],
  viewsWithoutARight: [
    PIPELINE,
    '          source: release/bigquery/views\n',
    "          source: release/bigquery/views\n          authorize: 'false'\n",
  ],
  unknownInput: [
    PIPELINE,
    '          source: release/dags\n',
    '          source: release/dags\n          sauce: dags\n',
  ],
  // One permission of each stage, taken from exactly one role or member.
  writerOfDags: [ACCESS, `${WRITER}      - storage.objects.create\n`, WRITER],
  stagerOfCode: [ACCESS, `${STAGER}      - storage.objects.create\n`, STAGER],
  makerOfBatches: [ACCESS, '      - dataproc.batches.create\n', ''],
  userOfTheAccount: [ACCESS, `${USER}, ci-deploy],`, `${USER}],`],
  makerOfJobs: [ACCESS, `${QUERYING}, dbt, ci-deploy]`, `${QUERYING}, ci-deploy]`],
  giverOfRights: [ACCESS, '      - bigquery.datasets.setIamPolicy\n', ''],
  jobThatGivesUp: [
    'spark/jobs/clean.py',
    '    arguments = parse_args()\n',
    "    arguments = parse_args()\n    raise ValueError('planted: the job gives up')\n",
  ],
} satisfies Record<string, Plant>
