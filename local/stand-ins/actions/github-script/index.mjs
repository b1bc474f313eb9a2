// Stands for actions/github-script: context, core, glob-less tools and the issue comments that the local GitHub serves.
// What it lacks is an error with its name, never undefined.
import { appendFileSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'

const { env } = process
const hint =
  'this runner stands in for actions/github-script and lacks it; name a checkout of the real one with --action actions/github-script=PATH'
const say = (line) => process.stdout.write(`${line}\n`)
const asText = (value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
const escape = (text) => String(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const command = (name) => (text) => say(`::${name}::${escape(text instanceof Error ? text.message : text)}`)
const put = (file, name, value) => {
  const mark = `ghadelimiter_${randomUUID()}`
  appendFileSync(file, `${name}<<${mark}\n${asText(value)}\n${mark}\n`)
}
/** `then`, and what inspects a value, must not be an error. */
const only = (known, name) =>
  new Proxy(known, {
    get(target, key) {
      if (key in target || typeof key === 'symbol' || ['then', 'toJSON'].includes(key)) return target[key]
      throw new Error(`${name}.${key}: ${hint}`)
    },
  })

const core = only(
  {
    info: (text) => say(String(text)),
    debug: command('debug'),
    notice: command('notice'),
    warning: command('warning'),
    error: command('error'),
    setSecret: command('add-mask'),
    startGroup: command('group'),
    endGroup: () => say('::endgroup::'),
    setFailed(text) {
      command('error')(text)
      process.exitCode = 1
    },
    getInput: (name) => env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '',
    setOutput: (name, value) => put(env.GITHUB_OUTPUT, name, value),
    exportVariable(name, value) {
      env[name] = asText(value)
      put(env.GITHUB_ENV, name, value)
    },
    addPath: (path) => appendFileSync(env.GITHUB_PATH, `${path}\n`),
    isDebug: () => env.RUNNER_DEBUG === '1',
    summary: summary(),
  },
  'core',
)

function summary() {
  let text = ''
  const known = only(
    {
      addRaw(more, ends) {
        text += ends ? `${more}\n` : more
        return known
      },
      addHeading: (words, level = 1) => known.addRaw(`<h${level}>${words}</h${level}>`, true),
      addEOL: () => known.addRaw('\n'),
      async write() {
        appendFileSync(env.GITHUB_STEP_SUMMARY, text)
        text = ''
        return known
      },
    },
    'core.summary',
  )
  return known
}

const payload = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'))
const [owner, repo] = env.GITHUB_REPOSITORY.split('/')
const number = (payload.issue ?? payload.pull_request ?? payload).number
const context = {
  payload,
  eventName: env.GITHUB_EVENT_NAME,
  sha: env.GITHUB_SHA,
  ref: env.GITHUB_REF,
  workflow: env.GITHUB_WORKFLOW,
  action: env.GITHUB_ACTION,
  actor: env.GITHUB_ACTOR,
  job: env.GITHUB_JOB,
  runNumber: Number(env.GITHUB_RUN_NUMBER),
  runId: Number(env.GITHUB_RUN_ID),
  runAttempt: Number(env.GITHUB_RUN_ATTEMPT),
  apiUrl: env.GITHUB_API_URL,
  serverUrl: env.GITHUB_SERVER_URL,
  repo: { owner, repo },
  issue: { owner, repo, number },
}

async function request(route, parameters = {}) {
  const [method, template] = route.split(' ')
  const left = { ...parameters }
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = left[name]
    delete left[name]
    return encodeURIComponent(value)
  })
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const query = hasBody ? '' : `?${new URLSearchParams(left)}`
  const answer = await fetch(`${env.GITHUB_API_URL}${path}${query}`, {
    method,
    redirect: 'error',
    headers: { authorization: `token ${env['INPUT_GITHUB-TOKEN']}`, 'content-type': 'application/json' },
    ...(hasBody ? { body: JSON.stringify(left) } : {}),
  })
  const data = answer.status === 204 ? undefined : await answer.json()
  if (!answer.ok)
    throw Object.assign(new Error(data?.message ?? `HTTP ${answer.status}`), { status: answer.status })
  return { status: answer.status, data }
}

const comments = '/repos/{owner}/{repo}/issues'
const method = (route) => (parameters) => request(route, parameters)
const issues = only(
  {
    listComments: method(`GET ${comments}/{issue_number}/comments`),
    createComment: method(`POST ${comments}/{issue_number}/comments`),
    getComment: method(`GET ${comments}/comments/{comment_id}`),
    updateComment: method(`PATCH ${comments}/comments/{comment_id}`),
    deleteComment: method(`DELETE ${comments}/comments/{comment_id}`),
  },
  'github.rest.issues',
)
async function* pages(asked, parameters) {
  for (let page = 1; ; page += 1) {
    const all = { per_page: 100, ...parameters, page }
    const answer = await (typeof asked === 'function' ? asked(all) : request(asked, all))
    yield answer
    if (answer.data.length < all.per_page) return
  }
}
async function all(asked, parameters, map = ({ data }) => data) {
  const found = []
  let isDone = false
  for await (const answer of pages(asked, parameters)) {
    found.push(...map(answer, () => (isDone = true)))
    if (isDone) break
  }
  return found
}
const paginate = only(Object.assign(all, { iterator: pages }), 'github.paginate')
const github = only({ rest: only({ issues }, 'github.rest'), request, paginate }, 'github')

const missing = (name) => only({}, name)
const tools = {
  github,
  octokit: github,
  context,
  core,
  require: createRequire(join(env.GITHUB_WORKSPACE, 'script.js')),
  exec: missing('exec'),
  glob: missing('glob'),
  io: missing('io'),
}
const AsyncFunction = (async () => undefined).constructor
try {
  const result = await new AsyncFunction(...Object.keys(tools), env.INPUT_SCRIPT)(...Object.values(tools))
  const encoding = env['INPUT_RESULT-ENCODING']
  if (!['json', 'string'].includes(encoding))
    throw new Error('"result-encoding" must be either "string" or "json"')
  put(env.GITHUB_OUTPUT, 'result', encoding === 'string' ? String(result) : (JSON.stringify(result) ?? ''))
} catch (error) {
  core.setFailed(`Unhandled error: ${error}`)
}
