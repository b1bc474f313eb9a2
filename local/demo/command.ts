/**
 * `npm run demo`: checks its input, makes or takes the events, tells the story, switches when green. It
 * refuses with one sentence and exit 1.
 */
import '../runner/json-import-hook.ts'
import { spawn } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { platform } from 'node:os'
import { checkEventInput, tellSources } from './event-input.ts'
import { chooseSource, shippedSources, type ChosenSource } from './event-source.ts'
import { generateInput } from './generated-input.ts'
import { SHAPES } from './generator.ts'
import { discard, makeCurrent, newGeneration, removeUnfinished } from './generations.ts'
import type { Generation } from './generations.ts'
import { explainOption } from '../option-mistakes.ts'
import { parseOptions } from '../parse-options.ts'
import { UsageError } from '../usage-error.ts'
import { normalizeItemFile } from './item-file.ts'
import { headline } from './report.ts'
import { takeStateLock } from '../state/state-lock.ts'
import { createStepClock } from './step-clock.ts'
import { tellOrchestratedStory } from './orchestrate.ts'
import type { Report } from './page.ts'
import { playPullRequest, pullRequestPage } from './pull-request.ts'
import { DemoFailed, tellStory, throwIfCancelled, type Story } from './story.ts'

const sizes: Readonly<Record<string, number>> = { small: 100_000, full: 2_756_101 }
const keptRuns = 10
const orchestratedDays = 3
const usage =
  'usage: npm run demo -- [--events FILE|FOLDER ... [--source NAME|FILE] | --shape retailrocket|ga4|events --size small|full|N --seed N] [--items FILE] [--state DIR] [--open] [--orchestrate [--days N] | --pull-request]'

/** Exit code: 0 green, 1 refused or failed, 130 cancelled. Only the last line goes to stdout: JSON. */
export const demo = async (argv: readonly string[], repositoryRoot: string): Promise<number> => {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  const cancel = new AbortController()
  let isGreen = false
  const onSignal = (): void => {
    if (!cancel.signal.aborted)
      say(isGreen ? 'stopping Airflow and the cloud' : 'stopping; nothing that was there before changes')
    cancel.abort()
  }
  if (argv.includes('--help') || argv.includes('-h')) {
    say(usage)
    return 0
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    const result = await runDemo(readArguments(argv), repositoryRoot, say, cancel.signal, () => {
      isGreen = true
    })
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return 0
  } catch (error) {
    say(sentenceFor(error))
    return cancel.signal.aborted ? 130 : 1
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

type Arguments = ReturnType<typeof readArguments>

const readArguments = (argv: readonly string[]) => {
  let values
  try {
    ;({ values } = parseOptions({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        events: { type: 'string', multiple: true },
        source: { type: 'string' },
        shape: { type: 'string' },
        items: { type: 'string' },
        size: { type: 'string' },
        seed: { type: 'string', default: '1' },
        state: { type: 'string', default: '.local' },
        open: { type: 'boolean', default: false },
        orchestrate: { type: 'boolean', default: false },
        days: { type: 'string' },
        'pull-request': { type: 'boolean', default: false },
      },
    }))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${explainOption(error, usage).split(/[.\n]/)[0]}; ${usage}`)
  }
  for (const option of ['size', 'shape'] as const)
    if (values.events !== undefined && values[option] !== undefined)
      throw new UsageError(
        `--events and --${option} exclude each other: a ${option} is for generated events.`,
      )
  if (values.source !== undefined && values.events === undefined)
    throw new UsageError('--source is for --events: generated events are of the source that --shape names.')
  const shape = SHAPES.find((name) => name === (values.shape ?? 'retailrocket'))
  if (shape === undefined)
    throw new UsageError(`--shape ${values.shape}: one of ${SHAPES.join(', ')} is needed.`)
  const size = values.size ?? 'small'
  const rows = Object.hasOwn(sizes, size) ? (sizes[size] as number) : Number(size)
  if (!Number.isInteger(rows) || rows < 1)
    throw new UsageError(`--size ${size}: small, full or a whole number of events is needed.`)
  const seed = Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new UsageError(`--seed ${values.seed}: a whole number from 0 to 4294967295 is needed.`)
  if (values.days !== undefined && !values.orchestrate)
    throw new UsageError('--days is for --orchestrate: without it the whole file is run at once.')
  if (values['pull-request'] && values.orchestrate)
    throw new UsageError(
      '--pull-request and --orchestrate exclude each other: the request is played on the platform that the workflow filled.',
    )
  const days = Number(values.days ?? orchestratedDays)
  if (!Number.isInteger(days) || days < 1)
    throw new UsageError(`--days ${values.days}: a whole number of days, 1 or more, is needed.`)
  return {
    events: values.events,
    source: values.source,
    shape,
    items: values.items,
    rows,
    seed,
    stateDir: resolve(values.state),
    shouldOpen: values.open,
    days: values.orchestrate ? days : undefined,
    isWithPullRequest: values['pull-request'],
  }
}

const runDemo = async (
  given: Arguments,
  repositoryRoot: string,
  say: (line: string) => void,
  signal: AbortSignal,
  onGreen: () => void,
): Promise<Record<string, unknown>> => {
  const startedMs = performance.now()
  const shipped = await shippedSources(repositoryRoot)
  const chosen = given.source === undefined ? undefined : await chooseSource(given.source, shipped)
  const own =
    given.events &&
    (await checkEventInput(
      given.events.map((path) => resolve(path)),
      { sources: chosen ? [chosen.source] : shipped, isNamed: chosen !== undefined },
      say,
    ))
  const lock = await takeStateLock(given.stateDir, 'demo')
  let generation: Generation | undefined
  try {
    await removeUnfinished(given.stateDir)
    await forgetOldRuns(given.stateDir)
    generation = await newGeneration(given.stateDir)
    const current = generation
    const clock = createStepClock(say, given.days !== undefined ? 10 : given.isWithPullRequest ? 9 : 7)
    const itemsFile = given.items === undefined ? undefined : join(current.directory, 'items.csv')
    if (itemsFile !== undefined && given.items !== undefined)
      await normalizeItemFile(resolve(given.items), itemsFile)
    const toolPaths = await clock.run('toolchain', 'Checking the tools (the first time installs them)', () =>
      ensureTools(given.stateDir, say),
    )
    throwIfCancelled(signal)
    const events = await clock.run(
      'events',
      own
        ? `Using ${own.name}: ${tellSources(own)}`
        : `Generating ${given.rows.toLocaleString('en')} events of source ${given.shape} (seed ${given.seed})`,
      async () =>
        own ??
        (await generateInput(given, shipped, current.directory, say, signal).catch((error: unknown) => {
          throwIfCancelled(signal)
          throw error
        })),
    )
    throwIfCancelled(signal)
    const story = {
      repositoryRoot,
      stateDir: given.stateDir,
      generation,
      events,
      source: toldSource(chosen),
      itemsFile,
      toolPaths,
      clock,
      say,
      signal,
      ...(given.isWithPullRequest ? { afterwards: playPullRequest } : {}),
    }
    const finish = async (report: Report): Promise<Record<string, unknown>> => {
      for (const name of ['events.csv', 'events.ndjson', 'items.csv'])
        await rm(join(current.directory, name), { force: true })
      await makeCurrent(given.stateDir, current)
      generation = undefined
      onGreen()
      const page = join(given.stateDir, 'report', 'index.html')
      const { sessions, conversionRate, events: rows } = headline(report)
      say(
        `\n${rows.toLocaleString('en')} events, ${sessions.toLocaleString('en')} sessions, conversion ${(conversionRate * 100).toFixed(2)} %`,
      )
      say(`page: ${page}`)
      const comment = given.isWithPullRequest ? join(given.stateDir, 'report', pullRequestPage) : undefined
      if (comment !== undefined) say(`pull request: ${comment}`)
      if (given.shouldOpen) openPage(comment ?? page)
      const seconds = Math.round((performance.now() - startedMs) / 100) / 10
      return {
        report: join(given.stateDir, 'report', 'report.json'),
        page,
        ...(comment === undefined ? {} : { pullRequest: comment }),
        state: given.stateDir,
        sessions,
        conversionRate,
        events: rows,
        seconds,
      }
    }
    if (given.days === undefined) return await finish(await tellStory(story))
    let result: Record<string, unknown> = {}
    await tellOrchestratedStory({
      ...story,
      days: given.days,
      whenGreen: async (report, { login, broken }) => {
        const airflow = `${login.url}/dags/clickstream_pipeline`
        result = { ...(await finish(report)), airflow }
        if (!given.shouldOpen && !(process.stdin.isTTY && process.stderr.isTTY)) return
        if (given.shouldOpen) openPage(airflow)
        say(`airflow: ${airflow} (user ${login.user}, password ${login.password}); Ctrl-C ends it`)
        await Promise.race([untilCancelled(signal), broken])
      },
    })
    return result
  } catch (error) {
    if (generation) await discard(generation)
    throw error
  } finally {
    await lock.release()
  }
}

const toldSource = (chosen: ChosenSource | undefined): Story['source'] =>
  chosen === undefined
    ? undefined
    : chosen.file === undefined
      ? { name: chosen.source.name }
      : { file: chosen.file }

const untilCancelled = (signal: AbortSignal): Promise<void> =>
  new Promise((end) => {
    if (signal.aborted) end()
    else
      signal.addEventListener(
        'abort',
        () => {
          end()
        },
        { once: true },
      )
  })

/** All at the start, so that nobody waits for an installation in the middle of a batch. */
const ensureTools = async (stateDir: string, say: (line: string) => void): Promise<string[]> => {
  const toolchain = await import('../toolchain/index.ts')
  await toolchain.ensureSpark(say)
  const { cacheDbt } = await import('../runner/runner-image.ts')
  await cacheDbt(stateDir, say)
  await toolchain.ensureAirflow(say)
  return []
}

const forgetOldRuns = async (stateDir: string): Promise<void> => {
  const runs = (await readdir(join(stateDir, 'runs')).catch(() => [])).sort()
  for (const id of runs.slice(0, Math.max(0, runs.length - keptRuns)))
    await rm(join(stateDir, 'runs', id), { recursive: true, force: true })
}

const sentenceFor = (error: unknown): string => {
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC')
    return 'The disk is full; free some space or choose another --state. Nothing that was there before has changed.'
  if (code === 'EACCES' || code === 'EROFS')
    return `No permission to write: ${message}; choose another --state.`
  if (error instanceof UsageError || error instanceof DemoFailed) return message
  const isOurs = error instanceof TypeError || error instanceof ReferenceError
  return isOurs
    ? (stack ?? message)
    : `${message.replace(/\.$/, '')}. Nothing that was there before has changed.`
}

const openPage = (page: string): void => {
  const [command, ...args] =
    platform() === 'darwin'
      ? ['open', page]
      : platform() === 'win32'
        ? ['cmd', '/c', 'start', '', page]
        : ['xdg-open', page]
  spawn(command, args, { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref()
}
