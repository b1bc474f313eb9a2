/**
 * The one error a release ends with on purpose: sentences for the person who releases, one per line, no
 * stack.
 */
export class Refusal extends Error {
  constructor(...sentences: readonly string[]) {
    super(sentences.join('\n'))
    this.name = 'Refusal'
  }
}
