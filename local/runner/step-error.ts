/**
 * What a step's author can put right: it becomes the step's error annotation, never a stack trace. It refuses
 * nothing.
 */
export class StepError extends Error {
  override name = 'StepError'
}
