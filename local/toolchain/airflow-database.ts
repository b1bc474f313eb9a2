/**
 * Makes the empty, migrated metadata database that one-shot Airflow commands copy; it never holds anyone's
 * data.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installOnce } from './installed-once.ts'
import { readLock } from './locks.ts'
import { runTool, type Progress } from './run-tool.ts'

/** Path of a SQLite file with Airflow's tables and no rows of ours. */
export async function ensureAirflowDatabase(
  airflow: string,
  progress: Progress,
  lock: 'airflow' | 'airflow2' = 'airflow',
): Promise<string> {
  const { database } = await installOnce({
    name: `${lock}-database`,
    content: [await readLock(lock)],
    progress,
    install: async (directory) => {
      progress(`${lock}-database: creating the tables …`)
      const database = join(directory, 'airflow.db')
      const env = {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: directory,
        LANG: 'C.UTF-8',
        AIRFLOW_HOME: join(directory, 'home'),
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: `sqlite:///${database}`,
        AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      }
      await runTool(airflow, ['db', 'migrate'], {
        doing: 'Creating the Airflow database',
        progress,
        cwd: directory,
        env,
      })
      return { database }
    },
    isUsable: (installed: { database: string }) => existsSync(installed.database),
  })
  return database
}
