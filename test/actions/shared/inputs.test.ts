import { describe, expect, it } from '@jest/globals'
import { InputError } from '../../../actions/_shared/errors.ts'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'

const reading = (value: string) => createInputs(() => value)
function refusal(read: () => unknown): InputError {
  try {
    read()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return error as InputError
  }
  throw new Error('nothing was refused')
}

describe('inputs', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['false', false],
    ['', true],
  ])('reads the boolean %j as %j', (given, expected) =>
    expect(reading(given).boolean('x', true)).toBe(expected),
  )
  it.each(['yes', '1', 'tRUE', 'true false', 'on'])('refuses %j as a boolean', (given) => {
    expect(refusal(() => reading(given).boolean('dry-run', false))).toMatchObject({
      code: 'INPUT',
      input: 'dry-run',
      given: JSON.stringify(given),
      accepted: 'true or false',
    })
  })
  it.each(['1.5', '1e3', '0x10', '12abc', ' 1 2', '9'.repeat(20), '101', '-1'])(
    'refuses %j as an integer from 0 to 100',
    (given) => {
      expect(refusal(() => reading(given).integer('n', { min: 0, max: 100, fallback: 1 })).message).toContain(
        'an integer from 0 to 100',
      )
    },
  )
  it.each([
    ['7', 7],
    ['', 1],
    [' 100 ', 100],
  ])('reads the integer %j as %j', (given, expected) =>
    expect(reading(given).integer('n', { min: 0, max: 100, fallback: 1 })).toBe(expected),
  )
  it('keeps = inside a value and refuses a repeated or missing key', () => {
    expect(reading('a=b=c\n\n d = e ').pairs('p')).toEqual({ a: 'b=c', d: 'e' })
    expect(refusal(() => reading('a=1\na=2').pairs('p')).message).toContain('twice')
    expect(refusal(() => reading('=1').pairs('p')).input).toBe('p')
    expect(reading('__proto__=x').pairs('p')).toEqual(Object.fromEntries([['__proto__', 'x']]))
  })
  it('splits lists at commas and lines, lines at lines only', () => {
    expect(reading('a, b\nc,').list('l')).toEqual(['a', 'b', 'c'])
    expect(reading('a, b\r\n\r\nc').lines('l')).toEqual(['a, b', 'c'])
  })
  it.each(['[1]', '1', 'null', '{', '"x"'])('refuses %j as a JSON object', (given) =>
    expect(refusal(() => reading(given).jsonObject('vars')).accepted).toBe('a JSON object'),
  )
  it('refuses a choice by listing what is accepted, and shows at most one short line of what was given', () => {
    const error = refusal(() =>
      reading(`${'x'.repeat(500)}\n::error::`).choice('delete', ['owned', 'none'], 'owned'),
    )
    expect(error.accepted).toBe('one of owned, none')
    expect(error.message).not.toContain('\n')
    expect(error.message.length).toBeLessThan(220)
  })
})
