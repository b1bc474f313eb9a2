/** Thirty ways to get submit-spark's inputs wrong, each with the message a newcomer sees; and forms that only look wrong. */
import { describe, expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { parseInputs } from '../../../actions/submit-spark/src/inputs.ts'

const GOOD: Record<string, string> = {
  main: 'job.py',
  region: 'us-central1',
  'service-account': 'spark@p.iam.gserviceaccount.com',
  'staging-bucket': 'staging',
}
const parse = (given: Record<string, string>) =>
  parseInputs(createInputs((name) => ({ ...GOOD, ...given })[name] ?? ''))

describe('a newcomer who writes', () => {
  const cases: readonly (readonly [string, Record<string, string>, string])[] = [
    ['no region', { region: '' }, 'Reading input region: it is required'],
    ['a zone', { region: 'us-central1-a' }, 'is not a region (it is a zone of us-central1)'],
    ['no account', { 'service-account': '' }, 'add "service-account:"'],
    ["an account's short name", { 'service-account': 'spark' }, 'NAME@PROJECT.iam.gserviceaccount.com'],
    ['no bucket', { 'staging-bucket': '' }, 'Reading input staging-bucket: it is required'],
    ['a path in the bucket', { 'staging-bucket': 'gs://staging/code' }, 'the name of a bucket (no path: '],
    ['a notebook', { main: 'job.ipynb' }, 'a .py, .jar, .R or .sql file'],
    [
      'a wheel',
      { 'py-files': 'dist/pack-1.0-py3-none-any.whl' },
      'is not a .py, .zip or .egg file or a folder',
    ],
    ['a class for Python', { 'main-class': 'com.example.Main' }, 'it goes with a .jar main'],
    ['query variables for Python', { 'query-variables': 'day=1' }, 'it goes with a .sql main'],
    ['arguments twice', { args: 'a', 'args-json': '["b"]' }, 'args is given as well'],
    ['a JSON object of arguments', { 'args-json': '{"a": 1}' }, 'a JSON array of strings'],
    ['a capital in the id', { 'batch-id': 'Nightly' }, '4 to 63 lower-case letters, digits and hyphens'],
    ['a ttl without a unit', { ttl: '90' }, 'a duration from 10m to 14d'],
    ['a rar archive', { archives: 'env.rar' }, 'a .zip, .tar, .tar.gz, .tgz or .jar file'],
    ['an image without a registry', { 'container-image': 'spark' }, 'an image such as us-docker.pkg.dev'],
    ['a bare key name', { 'kms-key': 'key' }, 'projects/P/locations/L/keyRings/R/cryptoKeys/K'],
    ["gcloud's flag", { properties: '--conf spark.a=b' }, 'is not the name of a property'],
    [
      "gcloud's list",
      { properties: 'spark.a=1,spark.b=2' },
      'spark.b would become a part of the value of spark.a',
    ],
    ['a file of a cluster', { properties: 'hdfs:dfs.replication=1' }, 'write spark.hadoop.dfs.replication=1'],
    [
      'a key twice',
      { properties: 'spark.a=1\nspark:spark.a=2' },
      'the key spark.a stands there twice; take one of them out',
    ],
    ['attach and a main', { attach: 'nightly-1' }, 'and main asks for another; take one of the two out'],
    ['attach and jars', { attach: 'nightly-1', main: '', jars: 'x.jar' }, 'and jars asks for another'],
    ['attach and a class', { attach: 'nightly-1', main: '', 'main-class': 'a.B' }, 'and main-class asks for'],
    ['attach to stage', { attach: 'nightly-1', main: '', 'stage-only': 'true' }, 'and stage-only asks for'],
    [
      'attach and a property',
      { attach: 'nightly-1', main: '', properties: 'spark.a=b' },
      'and properties (spark.a) asks for another',
    ],
    ['no money', { 'max-cost-usd': '0' }, 'leave it empty for no limit'],
    ['a limit that nobody keeps', { 'max-cost-usd': '5', wait: 'false' }, 'with wait: false nobody watches'],
    [
      'a limit with a card',
      { 'max-cost-usd': '5', properties: 'spark.dataproc.executor.resource.accelerator.type=l4' },
      'what accelerators cost is not counted here',
    ],
    ['a yes', { wait: 'yes' }, 'true or false'],
    ['a price in words', { 'max-cost-usd': '$5' }, 'a decimal number from 0'],
  ]
  it.each(cases)('%s reads what to do', (_, given, message) => {
    expect(() => parse(given)).toThrow(message)
    const [input = ''] = Object.keys(given)
    // Whatever else it says, the message begins with the input to mend.
    expect(() => parse(given)).toThrow(new RegExp(`^Reading input (${input}|args-json|attach)`))
  })
})

it.each([
  'us-docker.pkg.dev/p/r/image:1',
  'gcr.io/example.com:project/image:1',
  'us-docker.pkg.dev/example.com:project/repository/image@sha256:' + 'a'.repeat(64),
  'localhost:5000/image',
])('an image may stand at %s', (image) => {
  expect(parse({ 'container-image': image }).service.containerImage).toBe(image)
})

it('attach takes the tier, which the price is told by', () => {
  const properties = 'spark.dataproc.driver.compute.tier=premium'
  expect(parse({ attach: 'nightly-1', main: '', properties }).prices.dcuHour).toBe(0.089)
})

describe('properties', () => {
  it.each([
    ['a # in a value', 'spark.a=b#c', { 'spark.a': 'b#c' }],
    ['a comment line', '# cores\nspark.executor.cores=4', { 'spark.executor.cores': '4' }],
    ['the prefix of clusters', 'spark:spark.a=b', { 'spark.a': 'b' }],
    ["gcloud's own separator", '^;^spark.a=1,2;spark.b=3', { 'spark.a': '1,2', 'spark.b': '3' }],
    ['a = in a value', 'spark.driver.extraJavaOptions=-Da=b', { 'spark.driver.extraJavaOptions': '-Da=b' }],
    ['a list of packages', 'spark.jars.packages=a:b:1,c:d:2', { 'spark.jars.packages': 'a:b:1,c:d:2' }],
    ['an empty value', 'spark.a=', { 'spark.a': '' }],
  ])('take %s', (_, properties, wanted) => {
    expect(parse({ properties }).properties).toEqual(wanted)
  })
})
