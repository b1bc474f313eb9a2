/**
 * Words the stateMessage of a failed batch as the managed service does: the exception, then where to look. It
 * adds nothing the driver did not print.
 */
import { outputUri, type BatchRecord } from './batch-record.ts'

/** The last line of a Python traceback or of a JVM exception. */
const EXCEPTION =
  /^(?:Exception in thread "[^"]*" )?((?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*(?:Error|Exception|Interrupt|Exit|Failure)\b.*)$/

export function failureMessage(
  record: BatchRecord,
  project: string,
  output: string,
  exitCode?: number,
): string {
  const lines = output
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
  const exception = lines.findLast((line) => EXCEPTION.test(line))
  const cause =
    exitCode === undefined
      ? output.slice(0, 1000)
      : (exception?.replace(EXCEPTION, '$1').slice(0, 1000) ?? `The driver ended with exit code ${exitCode}`)
  const { location, batchId } = record
  const hasOutput = exitCode !== undefined
  return [
    `Job failed with message [${cause}]. Additional details can be found at:`,
    `https://console.cloud.google.com/dataproc/batches/${location}/${batchId}?project=${project}`,
    `gcloud dataproc batches wait '${batchId}' --region '${location}' --project '${project}'`,
    ...(hasOutput ? [`${outputUri(record)}.*`] : []),
  ].join('\n')
}
