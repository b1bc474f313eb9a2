/** Texts sought, cut and replaced by a part: emits that STRING and BYTES share. */
import { once } from '../values/value.ts'

export const replaced = (args: string[]) =>
  once(
    args,
    ([text, from, to]) => `CASE WHEN ${from} = '' THEN ${text} ELSE replace(${text}, ${from}, ${to}) END`,
  )
export const split = (args: string[]) =>
  once(
    args,
    ([x, separator]) =>
      `CASE WHEN ${separator} IS NULL THEN NULL WHEN ${x} = '' THEN CASE WHEN ${separator} = '' THEN CAST([] AS VARCHAR[]) ELSE [''] END WHEN ${separator} = '' THEN regexp_extract_all(${x}, '(?s).') ELSE string_split(${x}, ${separator}) END`,
  )
export const place = ([text, part]: string[]) => `CAST(strpos(${text}, ${part}) AS BIGINT)`
