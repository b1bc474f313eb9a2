/** Which scripts are refused before the first step: common spellings of what cannot work here, and what only looks like it. */
import { describe, expect, it } from '@jest/globals'
import { scriptMistakes, type Machine } from '../../../local/runner/check-scripts.ts'

const machine = (programs: readonly string[] = ['gcloud', 'bq'], isSealed = true): Machine => ({
  isSealed,
  has: (program) => programs.includes(program),
})
const refused = (script: string, on = machine()): string[] =>
  scriptMistakes(script, on).map((message) => /^(.+?) (?:needs|takes|is not)/.exec(message)?.[1] ?? message)

describe('a script is refused for', () => {
  it.each([
    ['if gsutil -q stat gs://b/o; then echo yes; fi', 'gsutil'],
    ['if ! gsutil ls; then exit 1; fi', 'gsutil'],
    ['! gsutil ls', 'gsutil'],
    ['A=1 B="x y" gsutil cp a b', 'gsutil'],
    ['sudo -u me gsutil ls', 'gsutil'],
    ['echo "$(gsutil cat gs://b/o)"', 'gsutil'],
    ['ls | xargs -n 1 gsutil rm', 'gsutil'],
    ['case "$1" in\n  a) gsutil ls ;;\nesac', 'gsutil'],
    ['cat <<EOF | gsutil cp - gs://b/o\ntext\nEOF', 'gsutil'],
    ['timeout 60 /usr/bin/gsutil ls', 'gsutil'],
    ['set -e\ncd a && \\\n  gsutil \\\n  ls', 'gsutil'],
    ['pip -q install x', 'pip install'],
    ['sudo pip install x', 'pip install'],
    ['python -m pip --no-cache-dir install x', 'pip install'],
    ['python3.11 -m pip install -r requirements.txt', 'pip install'],
    ['poetry install --no-root', 'poetry install'],
    ['uv sync --frozen', 'uv sync'],
    ['uv pip install x', 'uv pip install'],
    ['pipx install dbt-core', 'pipx install'],
    ['npm --prefix a ci', 'npm ci'],
    ['yarn', 'yarn'],
    ['yarn --cwd web install', 'yarn install'],
    ['sudo apt-get -y -qq install jq', 'apt-get install'],
    ['DEBIAN_FRONTEND=noninteractive apt-get install -y jq', 'apt-get install'],
  ])('%j', (script, said) => expect(refused(script)).toEqual([said]))

  it('a program that is not here, by name', () =>
    expect(refused('gcloud info && bq ls', machine(['bq']))).toEqual(['gcloud']))
})

describe('a script is not refused for', () => {
  it.each([
    'yarn build',
    'yarn test --watch=false',
    'npm run ci',
    'npm test -- install',
    'pip --version',
    'pip show install-me',
    'python -m venv install',
    'echo gsutil ls',
    'echo "run gsutil ls"; echo \'\ngsutil ls\n\'',
    '# gsutil ls',
    'cat > page.md <<EOF\ngsutil ls\npip install x\nEOF\ncat page.md',
    'cat <<-"END"\n\tgsutil ls\n\tEND',
    'bin/gsutil-notes && ./gsutil',
    'grep gsutil "${FILE:-a b}" || true # gsutil',
    'pip install --no-index --find-links wheels x',
    'npm_config=1 npm run install',
  ])('%j', (script) => expect(refused(script)).toEqual([]))

  it('a program that is asked for first, or that a network may bring', () => {
    const guarded = 'if command -v gcloud; then\n  gcloud info\nfi'
    expect(refused(guarded, machine([]))).toEqual([])
    expect(refused('gcloud info', machine([], false))).toEqual([])
    expect(refused('gcloud info', machine([]))).toEqual(['gcloud'])
  })
})
