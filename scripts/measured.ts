/** What a bench says: a time beside that of a named limit or peer in the same run. It judges nothing. */
export interface Measured {
  readonly what: string
  readonly seconds: number
  readonly against: string
  readonly reference: number
}
