/**
 * How the environment's Airflow finds DAG files: by its version and by what the environment overrides. It refuses
 * to guess an override that it cannot see.
 */
import type { IgnoreSyntax } from './airflow-ignore.ts'

export interface AirflowReading {
  readonly ignoreSyntax: IgnoreSyntax
  /** Only files that mention Airflow and one of these words. */
  readonly isSafeMode: boolean
  readonly words: readonly string[]
}

export function readingOf(environment: {
  readonly imageVersion: string
  readonly airflowConfig: Readonly<Record<string, string>>
}): AirflowReading {
  const major = Number(/airflow-(\d+)/.exec(environment.imageVersion)?.[1] ?? 3)
  const config = environment.airflowConfig
  const syntax = config['core-dag_ignore_file_syntax']?.trim()
  return {
    ignoreSyntax: syntax === 'regexp' || syntax === 'glob' ? syntax : major >= 3 ? 'glob' : 'regexp',
    isSafeMode: !/^(false|f|0|no|off)$/i.test(config['core-dag_discovery_safe_mode']?.trim() ?? ''),
    words: major >= 3 ? ['dag', 'asset'] : ['dag'],
  }
}
