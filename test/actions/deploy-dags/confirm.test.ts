import { describe, expect, it } from '@jest/globals'
import { makesDag, unreadOf, type Changes } from '../../../actions/deploy-dags/src/confirm.ts'

const changes = (dags: Record<string, boolean>, others: readonly string[] = []): Changes => ({
  dags: new Map(Object.entries(dags).map(([file, makes]) => [file, { updatedMs: 100, makesDag: makes }])),
  others: new Map(others.map((file) => [file, 100])),
  isAnyParsed: true,
})

describe('what Airflow has not read', () => {
  it.each<[string, Changes, Record<string, number>, string[]]>([
    ['nothing, when the DAG was parsed after', changes({ 'a.py': true }), { 'a.py': 101 }, []],
    ['what was parsed before', changes({ 'a.py': true }), { 'a.py': 100 }, ['a.py']],
    ['what an old Airflow gives no time of', changes({ 'a.py': true }), { 'a.py': NaN }, ['a.py']],
    [
      'a DAG that is not listed, whether new or changed',
      changes({ 'a.py': true }),
      { 'b.py': 101 },
      ['a.py'],
    ],
    ['everything, when nothing is listed', changes({ 'a.py': false }, ['lib.py']), {}, ['a.py', 'lib.py']],
    ['nothing, when all DAGs were parsed after a module', changes({}, ['lib.py']), { 'b.py': 101 }, []],
    ['the DAGs that may import a module', changes({}, ['lib.py']), { 'b.py': 99, 'c.py': 101 }, ['b.py']],
    ['the same of a file that makes no DAG', changes({ 'op.py': false }), { 'b.py': 99 }, ['b.py']],
  ])('%s', (_name, changed, listed, unread) =>
    expect(unreadOf(changed, new Map(Object.entries(listed)))).toEqual(unread),
  )
})

describe('a file that makes a DAG', () => {
  it.each([
    ["with DAG('a') as dag:\n", true],
    ['@dag(schedule=None)\ndef a():\n', true],
    ['jaffle = DbtDag(project_config=c)\n', true],
    ["def one(name):\n    return create_dag(name)\nx = one('a')\n", true],
    ['import dagfactory\ndagfactory.load_yaml_dags(globals_dict=globals())\n', true],
    ['# airflow dag\nfrom lib import build_all\n\nbuild_all()\n', true],
    ["for n in ['a']:\n    globals()[n] = build(n)\n", true],
    [
      "class Op(BaseOperator):\n    def execute(self, context):\n        dag_run = context['dag_run']\n        dag_run.get_task()\n",
      false,
    ],
    ['"""Helpers of our dags, for airflow."""\nimport logging\n\nlog = logging.getLogger(__name__)\n', false],
  ])('%j: %s', (text, makes) => expect(makesDag('a.py', text)).toBe(makes))
  it('may be an archive', () => expect(makesDag('pack.zip', 'PK')).toBe(true))
})
