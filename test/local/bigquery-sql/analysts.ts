/**
 * What analysts write every day, with the answers that BigQuery's documentation gives or implies. The tables are
 * those of corpus.test.ts. NUMERIC shows nine digits here: the REST layer trims them.
 */
type Row = readonly unknown[]

const PRODUCE =
  "(SELECT 'Kale' AS product, 51 AS sales, 'Q1' AS quarter, 2020 AS year UNION ALL SELECT 'Kale', 23, 'Q2', 2020 UNION ALL SELECT 'Kale', 45, 'Q3', 2020 UNION ALL SELECT 'Kale', 3, 'Q4', 2020 UNION ALL SELECT 'Kale', 70, 'Q1', 2021 UNION ALL SELECT 'Kale', 85, 'Q2', 2021 UNION ALL SELECT 'Apple', 77, 'Q1', 2020 UNION ALL SELECT 'Apple', 0, 'Q2', 2020 UNION ALL SELECT 'Apple', 1, 'Q1', 2021)"
export const analysts: readonly (readonly [sql: string, ...rows: Row[]])[] = [
  // counting and grouping
  ['SELECT COUNT(*) FROM d.t', [2]],
  ['SELECT COUNT(DISTINCT name) FROM d.t', [2]],
  ['SELECT name, COUNT(*) AS n FROM d.t GROUP BY name ORDER BY n DESC, name', ['anna', 1], ['bob', 1]],
  ['SELECT name, SUM(id) FROM d.t GROUP BY 1 ORDER BY 1', ['anna', 1], ['bob', 2]],
  ['SELECT UPPER(name) AS u, MAX(id) FROM d.t GROUP BY u ORDER BY u', ['ANNA', 1], ['BOB', 2]],
  ['SELECT name FROM d.t GROUP BY ALL ORDER BY name', ['anna'], ['bob']],
  ['SELECT name FROM d.t GROUP BY name HAVING SUM(id) > 1', ['bob']],
  ['SELECT COUNTIF(id > 1), COUNTIF(name IS NULL) FROM d.t', [1, 0]],
  ['SELECT AVG(id), MIN(day), MAX(day) FROM d.t', [1.5, '2026-01-01', '2026-01-02']],
  ['SELECT SUM(IF(id > 1, id, 0)) FROM d.t', [2]],
  ['SELECT COUNT(DISTINCT IF(id > 1, name, NULL)) FROM d.t', [1]],
  ['SELECT SUM(amount), AVG(amount) FROM d.t', ['3.400000000', '1.700000000']],
  ['SELECT name, COUNT(*) FROM d.t GROUP BY ROLLUP(name) ORDER BY name', [null, 2], ['anna', 1], ['bob', 1]],
  [
    'SELECT name, COUNT(*) FROM d.t GROUP BY GROUPING SETS (name, ()) ORDER BY name',
    [null, 2],
    ['anna', 1],
    ['bob', 1],
  ],
  [
    'SELECT name, id, COUNT(*) FROM d.t GROUP BY CUBE(name, id) HAVING name IS NULL AND id IS NULL',
    [null, null, 2],
  ],
  ['SELECT LOGICAL_AND(id > 0), LOGICAL_OR(id > 5) FROM d.t', [true, false]],
  ["SELECT STRING_AGG(name, '; ' ORDER BY name DESC) FROM d.t", ['bob; anna']],
  ['SELECT ARRAY_AGG(id ORDER BY id DESC LIMIT 1)[OFFSET(0)] FROM d.t', [2]],
  ['SELECT ARRAY_AGG(STRUCT(id, name) ORDER BY id LIMIT 1)[SAFE_OFFSET(0)].name FROM d.t', ['anna']],
  ['SELECT APPROX_COUNT_DISTINCT(name) FROM d.t', [2]],
  ['SELECT ROUND(STDDEV(id), 4) FROM d.t', [0.7071]],
  ['SELECT ROUND(CORR(id, f), 6), COVAR_POP(id, f) FROM d.t', [1, 0.25]],
  ['SELECT VAR_POP(id), VAR_SAMP(id) FROM d.t', [0.25, 0.5]],
  ['SELECT ANY_VALUE(name) FROM d.t WHERE id = 2', ['bob']],
  ['SELECT BIT_OR(id), BIT_AND(id) FROM d.t', [3, 0]],
  // picking, sampling, bits
  ['SELECT ANY_VALUE(name HAVING MAX id), ANY_VALUE(name HAVING MIN day) FROM d.t', ['bob', 'anna']],
  ['SELECT MAX_BY(name, id), APPROX_QUANTILES(id, 2)[OFFSET(1)] FROM d.t', ['bob', 1]],
  ['SELECT name, MAX_BY(id, day) FROM d.t GROUP BY name ORDER BY name', ['anna', 1], ['bob', 2]],
  [
    "SELECT MOD(ABS(FARM_FINGERPRINT(name)), 10) < 10, FORMAT('%s-%05d', name, id) FROM d.t WHERE id = 1",
    [true, 'anna-00001'],
  ],
  ['SELECT 6 & 3, 6 | 3, 6 ^ 3, ~0, 1 << 4, 256 >> 4, 1 + 1 << 2, 3 | 4 = 7', [2, 7, 5, -1, 16, 16, 8, true]],
  ['SELECT -1 >> 63, 1 << 64, 1 << 63 < 0, (-1 << 1)', [1, 0, true, -2]],
  ["SELECT FORMAT('%d of %d', COUNT(*), SUM(id)) FROM d.t", ['2 of 3']],
  [
    "SELECT FORMAT('%t', [STRUCT([1, NULL] AS a, 'x' AS b), STRUCT([3], NULL)])",
    ['[([1, NULL], x), ([3], NULL)]'],
  ],
  ['SELECT APPROX_TOP_COUNT(name, 1)[OFFSET(0)].count FROM d.t', [1]],
  ['SELECT a, b FROM UNNEST([STRUCT(1 AS a, NULL AS b), (2.5, 7)]) ORDER BY a', [1, null], [2.5, 7]],
  // intervals
  [
    "SELECT CAST(DATE '2021-05-20' - DATE '2020-04-19' AS STRING), CAST(TIMESTAMP '2021-06-01 12:34:56.789' - TIMESTAMP '2021-05-31 00:00:00' AS STRING), CAST(DATETIME '0001-01-01 00:00:00' - DATETIME '9999-12-31 23:59:59.999999' AS STRING)",
    ['0-0 396 0:0:0', '0-0 0 36:34:56.789', '0-0 -3652058 -23:59:59.999999'],
  ],
  [
    "SELECT EXTRACT(YEAR FROM i), EXTRACT(MONTH FROM i), EXTRACT(DAY FROM i), EXTRACT(HOUR FROM i), EXTRACT(MINUTE FROM i), EXTRACT(SECOND FROM i), EXTRACT(MILLISECOND FROM i), EXTRACT(MICROSECOND FROM i) FROM UNNEST([INTERVAL '1-2 3 4:5:6.789999' YEAR TO SECOND, INTERVAL '0-13 370 48:61:61' YEAR TO SECOND]) AS i ORDER BY i",
    [1, 2, 3, 4, 5, 6, 789, 789999],
    [1, 1, 370, 49, 2, 1, 0, 0],
  ],
  [
    "SELECT EXTRACT(YEAR FROM i), EXTRACT(MINUTE FROM i) FROM UNNEST([INTERVAL '-22-6 10 -12:30' YEAR TO MINUTE]) AS i",
    [-22, -30],
  ],
  ['SELECT MAX(ts) - MIN(ts) > INTERVAL 1 DAY, EXTRACT(HOUR FROM MAX(ts) - MIN(ts)) FROM d.t', [true, 25]],
  [
    "SELECT INTERVAL 1 MONTH = INTERVAL 30 DAY, CAST(SUM(i) AS STRING), CAST(MAX(3 * i + INTERVAL '1:2' HOUR TO MINUTE) AS STRING), FORMAT('%T', -MIN(i)) FROM UNNEST([INTERVAL 1 DAY, INTERVAL -25 HOUR]) i",
    [true, '0-0 1 -25:0:0', '0-0 3 1:2:0', 'INTERVAL "0-0 0 25:0:0" YEAR TO SECOND'],
  ],
  [
    "SELECT TIMESTAMP '2020-03-08 00:00:00-05' + INTERVAL '1 1' DAY TO HOUR, DATE '2020-01-31' + INTERVAL '0-1 1' YEAR TO DAY, DATETIME '2000-01-01 00:00:00' + INTERVAL '1-2 -3 -4:5:6' YEAR TO SECOND",
    ['2020-03-09 06:00:00+00', '2020-03-01T00:00:00', '2001-02-25T19:54:54'],
  ],
  // casts with a format
  [
    "SELECT CAST(DATE '2018-01-30' AS STRING FORMAT 'YYYY'), CAST(DATE '2018-01-30' AS STRING FORMAT 'MON DD, YYYY'), CAST(DATE '2018-01-30' AS STRING FORMAT 'Month')",
    ['2018', 'JAN 30, 2018', 'January'],
  ],
  [
    "SELECT CAST(TIMESTAMP '2008-12-25 00:00:00+00:00' AS STRING FORMAT 'YYYY-MM-DD HH24:MI:SS' AT TIME ZONE 'Asia/Tokyo')",
    ['2008-12-25 09:00:00'],
  ],
  [
    "SELECT CAST(DATETIME '2026-03-01 14:05:06.789' AS STRING FORMAT 'HH12:MI:SS.FF3 AM \"on\" DY'), CAST(TIME '21:30:00' AS STRING FORMAT 'HH24:MI')",
    ['02:05:06.789 PM on SUN', '21:30'],
  ],
  [
    "SELECT FORMAT('%t', MAX(day)), CAST(MAX(day) AS STRING FORMAT 'DD.MM.YYYY') FROM d.t",
    ['2026-01-02', '02.01.2026'],
  ],
  // turned tables, as the documentation turns them
  [
    `SELECT * FROM ${PRODUCE} PIVOT(SUM(sales) FOR quarter IN ('Q1', 'Q2', 'Q3', 'Q4')) ORDER BY product DESC, year`,
    ['Kale', 2020, 51, 23, 45, 3],
    ['Kale', 2021, 70, 85, null, null],
    ['Apple', 2020, 77, 0, null, null],
    ['Apple', 2021, 1, null, null, null],
  ],
  [
    `SELECT * FROM (SELECT product, sales, quarter FROM ${PRODUCE}) PIVOT(SUM(sales) AS total_sales, COUNT(*) AS num_records FOR quarter IN ('Q1', 'Q2')) ORDER BY product`,
    ['Apple', 78, 2, 0, 1],
    ['Kale', 121, 2, 108, 2],
  ],
  [
    `SELECT Q1, q_two FROM (SELECT sales, quarter FROM ${PRODUCE}) AS p PIVOT(SUM(sales) FOR p.quarter IN ('Q1', 'Q2' AS q_two)) AS turned WHERE turned.Q1 > 0`,
    [199, 108],
  ],
  [
    "SELECT * FROM (SELECT 'Kale' AS product, 51 AS Q1, 23 AS Q2, CAST(NULL AS INT64) AS Q3) UNPIVOT(sales FOR quarter IN (Q1, Q2, Q3)) ORDER BY quarter",
    ['Kale', 51, 'Q1'],
    ['Kale', 23, 'Q2'],
  ],
  [
    "SELECT * FROM (SELECT 'Kale' AS product, 51 AS Q1, 23 AS Q2, CAST(NULL AS INT64) AS Q3, 3 AS Q4 UNION ALL SELECT 'Apple', 77, 0, NULL, NULL) UNPIVOT((first_half_sales, second_half_sales) FOR semesters IN ((Q1, Q2) AS 'semester_1', (Q3, Q4))) ORDER BY product, semesters",
    ['Apple', 77, 0, 'semester_1'],
    ['Kale', null, 3, 'Q3_Q4'],
    ['Kale', 51, 23, 'semester_1'],
  ],
  [
    "SELECT u.name, u.n FROM (SELECT 1 AS a, CAST(NULL AS INT64) AS b) UNPIVOT INCLUDE NULLS (n FOR name IN (a AS 'first', b AS 'second')) AS u ORDER BY 1",
    ['first', 1],
    ['second', null],
  ],
  // joins
  [
    'SELECT t.name, u.city FROM d.t LEFT JOIN d.u ON t.id = u.id ORDER BY t.id',
    ['anna', 'Paris'],
    ['bob', null],
  ],
  ['SELECT name, city FROM d.t JOIN d.u USING (id)', ['anna', 'Paris']],
  [
    'SELECT id, name, city FROM d.t FULL JOIN d.u USING (id) ORDER BY id',
    [1, 'anna', 'Paris'],
    [2, 'bob', null],
    [3, null, 'Rome'],
  ],
  ['SELECT COUNT(*) FROM d.t CROSS JOIN d.u', [4]],
  ['SELECT COUNT(*) FROM d.t, d.u', [4]],
  ['SELECT name FROM d.t WHERE id NOT IN (SELECT id FROM d.u)', ['bob']],
  ['SELECT name FROM d.t WHERE EXISTS (SELECT 1 FROM d.u WHERE u.id = t.id)', ['anna']],
  ['SELECT name, tag FROM d.t, UNNEST(tags) AS tag ORDER BY tag', ['anna', 'x'], ['anna', 'y']],
  ['SELECT name, tag FROM d.t, t.tags AS tag ORDER BY tag', ['anna', 'x'], ['anna', 'y']],
  [
    'SELECT name, tag FROM d.t LEFT JOIN UNNEST(tags) AS tag ORDER BY name, tag',
    ['anna', 'x'],
    ['anna', 'y'],
    ['bob', null],
  ],
  ['SELECT x, o FROM UNNEST([5, 6]) AS x WITH OFFSET AS o ORDER BY o', [5, 0], [6, 1]],
  ['SELECT (SELECT MAX(id) FROM d.u), id FROM d.t ORDER BY id LIMIT 1', [3, 1]],
  // windows
  ['SELECT id, SUM(id) OVER (ORDER BY id) FROM d.t ORDER BY id', [1, 1], [2, 3]],
  ['SELECT name FROM d.t QUALIFY ROW_NUMBER() OVER (ORDER BY id DESC) = 1', ['bob']],
  [
    'SELECT id, LAG(name) OVER (ORDER BY id), LEAD(name, 1, "-") OVER (ORDER BY id) FROM d.t ORDER BY id',
    [1, null, 'bob'],
    [2, 'anna', '-'],
  ],
  ['SELECT id, id / SUM(id) OVER () FROM d.t ORDER BY id', [1, 0.333333333333], [2, 0.666666666667]],
  ['SELECT COUNT(DISTINCT name) OVER () FROM d.t LIMIT 1', [2]],
  ['SELECT PERCENTILE_CONT(id, 0.5) OVER () FROM d.t LIMIT 1', [1.5]],
  ['SELECT PERCENTILE_DISC(id, 0.5) OVER () FROM d.t LIMIT 1', [1]],
  [
    'SELECT id, AVG(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM d.t ORDER BY id',
    [1, 1],
    [2, 1.5],
  ],
  ['SELECT FIRST_VALUE(name) OVER w FROM d.t WINDOW w AS (ORDER BY id DESC) LIMIT 1', ['bob']],
  // WITH and sets
  ['WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b', [2]],
  [
    'WITH RECURSIVE n AS (SELECT 1 AS x, [1] AS a UNION ALL SELECT x + 1, [x] FROM n WHERE x < 400) SELECT COUNT(*), MAX(x) FROM n',
    [400, 400],
  ],
  [
    'WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x FROM n ORDER BY x',
    [1],
    [2],
    [3],
  ],
  [
    "WITH RECURSIVE p AS (SELECT id, name AS path FROM d.t WHERE id = 1 UNION ALL SELECT t.id, p.path || '/' || t.name FROM d.t JOIN p ON t.id = p.id + 1) SELECT path FROM p ORDER BY id",
    ['anna'],
    ['anna/bob'],
  ],
  ['SELECT t.2x, t.select, -t.2x + .5 FROM (SELECT 1 AS `2x`, 3 AS `select`) AS t', [1, 3, -0.5]],
  ['SELECT 1 AS x UNION ALL SELECT 2 ORDER BY x DESC', [2], [1]],
  ['SELECT MOD(x, 2) AS odd FROM UNNEST([1, 2, 3]) AS x GROUP BY odd HAVING SUM(x) / MAX(x) > 1', [1]],
  // A literal takes the type of a column beside it.
  ["SELECT '2026-01-02' AS d UNION ALL SELECT DATE '2026-01-01' ORDER BY d", ['2026-01-01'], ['2026-01-02']],
  [
    "SELECT NUMERIC '1.5' AS n UNION ALL SELECT 2.25 UNION ALL SELECT 3 ORDER BY n",
    ['1.500000000'],
    ['2.250000000'],
    ['3.000000000'],
  ],
  ['SELECT id FROM d.t UNION DISTINCT SELECT id FROM d.u ORDER BY id', [1], [2], [3]],
  ['SELECT id FROM d.t INTERSECT DISTINCT SELECT id FROM d.u', [1]],
  ['SELECT id FROM d.t EXCEPT DISTINCT SELECT id FROM d.u', [2]],
  ['(SELECT 1 UNION ALL SELECT 2) EXCEPT DISTINCT SELECT 1', [2]],
  ['SELECT * EXCEPT (city) FROM d.u ORDER BY id', [1], [3]],
  ['SELECT * REPLACE (UPPER(city) AS city) FROM d.u ORDER BY id', [1, 'PARIS'], [3, 'ROME']],
  ['SELECT DISTINCT city FROM d.u ORDER BY city LIMIT 1 OFFSET 1', ['Rome']],
  // text
  ["SELECT CONCAT(name, '-', id) FROM d.t ORDER BY id", ['anna-1'], ['bob-2']],
  ["SELECT 'id-' || CAST(id AS STRING) FROM d.t WHERE id = 1", ['id-1']],
  ["SELECT name FROM d.t WHERE name LIKE 'a%'", ['anna']],
  ["SELECT name FROM d.t WHERE LOWER(name) LIKE ANY ('%nn%', 'zz%')", ['anna']],
  ["SELECT name FROM d.t WHERE name LIKE ALL ('b%', '%b')", ['bob']],
  [
    "SELECT NULL LIKE ANY ('a', 'b'), 'a' LIKE ANY ('a', 'c'), 'a' LIKE ANY ('b', 'c'), 'a' LIKE ANY ('a', NULL), 'a' LIKE ANY ('b', NULL), NULL NOT LIKE ANY ('a', 'b'), 'a' NOT LIKE ANY ('a', 'b'), 'a' NOT LIKE ANY ('a', '%a%'), 'a' NOT LIKE ANY ('a', NULL), 'a' NOT LIKE SOME ('b', NULL)",
    [null, true, false, true, null, null, true, false, null, true],
  ],
  [
    "SELECT NULL LIKE ALL ('a', 'b'), 'a' LIKE ALL ('a', '%a%'), 'a' LIKE ALL ('a', 'c'), 'a' LIKE ALL ('a', NULL), 'a' LIKE ALL ('b', NULL), NULL NOT LIKE ALL ('a', 'b'), 'a' NOT LIKE ALL ('b', 'c'), 'a' NOT LIKE ALL ('a', 'c'), 'a' NOT LIKE ALL ('a', NULL), 'a' NOT LIKE ALL ('b', NULL)",
    [null, true, false, null, false, null, true, false, false, null],
  ],
  [
    "SELECT REGEXP_CONTAINS(name, r'^a'), REGEXP_EXTRACT(name, r'n+') FROM d.t ORDER BY id",
    [true, 'nn'],
    [false, null],
  ],
  ["SELECT REGEXP_REPLACE('2026-01-02', r'(\\d+)-(\\d+)-(\\d+)', r'\\3.\\2.\\1')", ['02.01.2026']],
  ["SELECT REGEXP_INSTR('ab@gmail.com', '@'), REGEXP_SUBSTR('a1b22', r'\\d+', 1, 2)", [3, '22']],
  ["SELECT SPLIT('a/b/c', '/')[OFFSET(1)], ARRAY_LENGTH(SPLIT('a,b'))", ['b', 2]],
  ["SELECT SUBSTR('hello', 2, 3), LEFT('hello', 2), RIGHT('hello', 2)", ['ell', 'he', 'lo']],
  ["SELECT TRIM('  a '), LTRIM('xxa', 'x'), RTRIM('a!!', '!')", ['a', 'a', 'a']],
  ["SELECT LPAD('7', 3, '0'), RPAD('a', 3, '.')", ['007', 'a..']],
  ["SELECT REPLACE('a-b', '-', '_'), REVERSE('abc'), REPEAT('ab', 2)", ['a_b', 'cba', 'abab']],
  ["SELECT INITCAP('hello wORLD'), UPPER('é'), LOWER('É')", ['Hello World', 'É', 'é']],
  [
    "SELECT STRPOS('hello', 'l'), INSTR('hello', 'l', 4), STARTS_WITH('abc', 'ab'), ENDS_WITH('abc', 'bc')",
    [3, 4, true, true],
  ],
  ["SELECT TRANSLATE('2.345,6', '.,', ',.')", ['2,345.6']],
  ["SELECT LENGTH('héllo'), BYTE_LENGTH('héllo'), CHARACTER_LENGTH('héllo')", [5, 6, 5]],
  [
    "SELECT TO_HEX(MD5('a')), TO_HEX(SHA256(''))",
    ['0cc175b9c0f1b6a831c399e269772661', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ],
  ["SELECT TO_BASE64(b'abc'), CAST(FROM_BASE64('YWJj') AS STRING)", ['YWJj', 'abc']],
  ['SELECT "it\'s", \'say \\"x\\"\', r"\\d"', ["it's", 'say "x"', '\\d']],
  ["SELECT CONCAT('a', NULL), CONCAT(1, TRUE, DATE '2026-01-02')", [null, '1true2026-01-02']],
  ["SELECT FORMAT_DATE('%b %d', day) FROM d.t ORDER BY day DESC LIMIT 1", ['Jan 02']],
  ['SELECT EXTRACT(DAY FROM DATE_TRUNC(day, QUARTER)) FROM d.t LIMIT 1', [1]],
  [
    'SELECT MAX(IF(name = "anna", amount, NULL)), MIN(ts) FROM d.t',
    ['1.150000000', '2026-01-01 10:00:00+00'],
  ],
  ['SELECT id FROM d.t WHERE (id, name) IN ((1, "anna"), (9, "x"))', [1]],
  ['SELECT id FROM d.t ORDER BY id DESC NULLS LAST LIMIT 1', [2]],
  ["SELECT COALESCE(NULL, 'x'), IFNULL(NULL, 'y'), NULLIF('a', 'a')", ['x', 'y', null]],
  // numbers
  ['SELECT 7 / 2, DIV(7, 2), MOD(7, 2), -7 / 2', [3.5, 3, 1, -3.5]],
  ['SELECT ROUND(2.5), ROUND(-2.5), ROUND(3.14159, 2), TRUNC(2.9)', [3, -3, 3.14, 2]],
  ["SELECT ROUND(NUMERIC '1.005', 2), ROUND(NUMERIC '-2.5')", ['1.010000000', '-3.000000000']],
  [
    "SELECT NUMERIC '1' / 3, NUMERIC '2' / NUMERIC '3', NUMERIC '1.1' * 3",
    ['0.333333333', '0.666666667', '3.300000000'],
  ],
  [
    "SELECT MOD(NUMERIC '5.5', 2), CEIL(NUMERIC '1.1'), FLOOR(NUMERIC '-1.1')",
    ['1.500000000', '2.000000000', '-2.000000000'],
  ],
  [
    'SELECT SAFE_DIVIDE(1, 0), SAFE_DIVIDE(1, 4), SAFE_DIVIDE(amount, 0) FROM d.t LIMIT 1',
    [null, 0.25, null],
  ],
  ['SELECT ABS(-3), SIGN(-3), GREATEST(1, 5, 3), LEAST(1, 5, 3)', [3, -1, 5, 1]],
  ['SELECT POW(2, 10), SQRT(16), LN(1), LOG10(1000), EXP(0)', [1024, 4, 0, 3, 1]],
  ['SELECT CEIL(1.2), FLOOR(-1.2), CAST(2.5 AS INT64), CAST(3.5 AS INT64)', [2, -2, 3, 4]],
  ["SELECT CAST('0x1F' AS INT64), CAST(TRUE AS INT64), CAST(0 AS BOOL)", [31, 1, false]],
  ["SELECT SAFE_CAST('x' AS INT64), SAFE_CAST('2' AS FLOAT64)", [null, 2]],
  ['SELECT RANGE_BUCKET(15, [0, 10, 20]), COS(0), ATAN2(0, 1)', [2, 1, 0]],
  ['SELECT CASE WHEN id > 1 THEN "many" ELSE "one" END FROM d.t ORDER BY id', ['one'], ['many']],
  ['SELECT CASE id WHEN 1 THEN "a" WHEN 2 THEN "b" END FROM d.t ORDER BY id', ['a'], ['b']],
  ['SELECT IF(id = 1, NULL, id) FROM d.t ORDER BY id', [null], [2]],
  [
    'SELECT id BETWEEN 1 AND 1, id IN (2, 3), id IS DISTINCT FROM NULL FROM d.t ORDER BY id',
    [true, false, true],
    [false, true, true],
  ],
  ['SELECT 0.1 + 0.2 = 0.3, 1 = 1.0', [false, true]],
  ['SELECT SUM(f) / COUNT(*), 100 * SUM(id) / 3 FROM d.t', [2, 100]],
  // dates
  [
    'SELECT DATE_TRUNC(day, MONTH), DATE_TRUNC(day, WEEK(MONDAY)) FROM d.t WHERE id = 1',
    ['2026-01-01', '2025-12-29'],
  ],
  [
    'SELECT DATE_ADD(day, INTERVAL 1 DAY), DATE_SUB(day, INTERVAL 1 MONTH) FROM d.t WHERE id = 1',
    ['2026-01-02', '2025-12-01'],
  ],
  [
    "SELECT DATE_DIFF(DATE '2026-03-01', DATE '2026-01-31', MONTH), DATE_DIFF('2026-01-05', '2026-01-01', DAY)",
    [2, 4],
  ],
  [
    'SELECT DATE(ts), TIME(ts), DATETIME(ts) FROM d.t WHERE id = 2',
    ['2026-01-02', '11:30:00', '2026-01-02T11:30:00'],
  ],
  ["SELECT DATE(ts, 'Asia/Tokyo') FROM d.t WHERE id = 1", ['2026-01-01']],
  ["SELECT id FROM d.t WHERE DATE(ts) = '2026-01-01'", [1]],
  ["SELECT id FROM d.t WHERE ts >= TIMESTAMP('2026-01-02')", [2]],
  ["SELECT id FROM d.t WHERE TIMESTAMP_TRUNC(ts, DAY) = '2026-01-02'", [2]],
  ['SELECT TIMESTAMP_TRUNC(ts, HOUR) FROM d.t WHERE id = 2', ['2026-01-02 11:00:00+00']],
  ["SELECT TIMESTAMP_DIFF(TIMESTAMP '2026-01-01 01:59:59', TIMESTAMP '2026-01-01 00:00:00', HOUR)", [1]],
  [
    'SELECT EXTRACT(YEAR FROM day), EXTRACT(DAYOFWEEK FROM day), EXTRACT(WEEK FROM day), EXTRACT(ISOWEEK FROM day) FROM d.t WHERE id = 1',
    [2026, 5, 0, 1],
  ],
  [
    "SELECT EXTRACT(HOUR FROM ts), EXTRACT(HOUR FROM ts AT TIME ZONE 'Europe/Berlin') FROM d.t WHERE id = 1",
    [10, 11],
  ],
  [
    "SELECT FORMAT_DATE('%Y-%m', day), FORMAT_DATE('%A', day), FORMAT_DATE('%Y%m%d', day) FROM d.t WHERE id = 1",
    ['2026-01', 'Thursday', '20260101'],
  ],
  [
    "SELECT FORMAT_TIMESTAMP('%F %T', ts), FORMAT_TIMESTAMP('%H:%M', ts, 'Asia/Kolkata') FROM d.t WHERE id = 1",
    ['2026-01-01 10:00:00', '15:30'],
  ],
  [
    "SELECT PARSE_DATE('%Y%m%d', '20260131'), PARSE_DATE('%d/%m/%Y', '31/01/2026')",
    ['2026-01-31', '2026-01-31'],
  ],
  ["SELECT PARSE_TIMESTAMP('%Y-%m-%d %H:%M', '2026-01-31 10:20')", ['2026-01-31 10:20:00+00']],
  ['SELECT UNIX_SECONDS(ts), TIMESTAMP_MILLIS(1767261600000) = ts FROM d.t WHERE id = 1', [1767261600, true]],
  ["SELECT LAST_DAY(DATE '2026-02-10'), LAST_DAY('2026-02-10', QUARTER)", ['2026-02-28', '2026-03-31']],
  ["SELECT ARRAY_LENGTH(GENERATE_DATE_ARRAY('2026-01-01', '2026-01-31'))", [31]],
  [
    "SELECT d FROM UNNEST(GENERATE_DATE_ARRAY('2026-01-01', '2026-03-01', INTERVAL 1 MONTH)) d ORDER BY d",
    ['2026-01-01'],
    ['2026-02-01'],
    ['2026-03-01'],
  ],
  ["SELECT DATE '2026-01-31' + 1, DATE '2026-01-01' < '2026-01-02'", ['2026-02-01', true]],
  [
    "SELECT DATETIME_ADD(DATETIME '2026-01-31 10:00:00', INTERVAL 1 MONTH), DATETIME_TRUNC(DATETIME '2026-01-31 10:20:00', HOUR)",
    ['2026-02-28T10:00:00', '2026-01-31T10:00:00'],
  ],
  ["SELECT SAFE.DATE(2026, 13, 1), SAFE.TIMESTAMP('bad'), SAFE.PARSE_DATE('%F', 'x')", [null, null, null]],
  [
    "SELECT CAST('2026-01-02' AS DATE), CAST(day AS STRING), CAST(ts AS DATE) FROM d.t WHERE id = 1",
    ['2026-01-02', '2026-01-01', '2026-01-01'],
  ],
  [
    'SELECT DATE(2026, 1, 31), DATETIME(2026, 1, 31, 1, 2, 3), TIME(1, 2, 3)',
    ['2026-01-31', '2026-01-31T01:02:03', '01:02:03'],
  ],
  ['SELECT CURRENT_DATE() = DATE(CURRENT_TIMESTAMP())', [true]],
  // arrays, structs, JSON
  ['SELECT [1, 2, 3][OFFSET(0)], [1, 2][SAFE_OFFSET(9)], [1, 2][ORDINAL(1)]', [1, null, 1]],
  [
    "SELECT ARRAY_TO_STRING(['a', 'b'], ','), ARRAY_REVERSE([1, 2]), ARRAY_CONCAT([1], [2])",
    ['a,b', [2, 1], [1, 2]],
  ],
  ['SELECT ARRAY(SELECT x * 2 FROM UNNEST([1, 2]) x ORDER BY x)', [[2, 4]]],
  ['SELECT (SELECT SUM(x) FROM UNNEST([1, 2, 3]) x)', [6]],
  ["SELECT 'x' IN UNNEST(tags), ARRAY_LENGTH(tags) FROM d.t ORDER BY id", [true, 2], [false, 0]],
  ["SELECT STRUCT(1 AS a, 'b' AS c).c, (SELECT AS STRUCT 1 AS x).x", ['b', 1]],
  ["SELECT JSON_VALUE(j, '$.a'), JSON_VALUE('{\"k\":[1,2]}', '$.k[1]') FROM d.t WHERE id = 1", ['1', '2']],
  ["SELECT JSON_QUERY('{\"a\":{\"b\":1}}', '$.a'), JSON_VALUE('{broken', '$.a')", ['{"b":1}', null]],
  ['SELECT JSON_EXTRACT_SCALAR(\'{"a":"x"}\', \'$.a\'), JSON_EXTRACT(\'{"a":"x"}\', \'$.a\')', ['x', '"x"']],
  ['SELECT x FROM UNNEST(JSON_VALUE_ARRAY(\'["a","b"]\')) x ORDER BY x', ['a'], ['b']],
  [
    'SELECT JSON_VALUE(item, \'$.n\') FROM UNNEST(JSON_EXTRACT_ARRAY(\'{"i":[{"n":1},{"n":2}]}\', \'$.i\')) item ORDER BY 1',
    ['1'],
    ['2'],
  ],
  [
    'SELECT TO_JSON_STRING(STRUCT(id, name, tags)) FROM d.t WHERE id = 1',
    ['{"id":1,"name":"anna","tags":["x","y"]}'],
  ],
  [
    'SELECT TO_JSON_STRING(JSON \'{"b" : 1}\'), TO_JSON_STRING([1, 2]), TO_JSON_STRING(CAST(NULL AS STRING))',
    ['{"b":1}', '[1,2]', 'null'],
  ],
  [
    "SELECT CAST(x AS STRING), COUNT(*) OVER (ORDER BY x RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM UNNEST([1.5, CAST('nan' AS FLOAT64), NULL]) x ORDER BY 2",
    [null, 1],
    ['NaN', 2],
    ['1.5', 3],
  ],
  [
    'SELECT x, COUNT(*) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM UNNEST([1.5, 2.5, NULL]) x ORDER BY x',
    [null, 1],
    [1.5, 1],
    [2.5, 2],
  ],
  // scripts
  ['DECLARE x INT64 DEFAULT 2; SELECT id FROM d.t WHERE id = x', [2]],
  ['DECLARE a, b INT64; SET (a, b) = (1, 2); SELECT a + b', [3]],
  ['DECLARE m DATE; SET m = (SELECT MAX(day) FROM d.t); SELECT DATE_ADD(m, INTERVAL 1 DAY)', ['2026-01-03']],
  // set operations by name
  [
    'SELECT 1 AS one_digit, 10 AS two_digit UNION ALL BY NAME SELECT 20 AS two_digit, 2 AS one_digit',
    [1, 10],
    [2, 20],
  ],
  ['SELECT 1 AS b FULL OUTER UNION ALL BY NAME SELECT 2 AS a', [1, null], [null, 2]],
  [
    "SELECT id, name FROM d.t WHERE id = 2 FULL UNION ALL BY NAME SELECT 'x' AS city, 1.5 AS id",
    [2, 'bob', null],
    [1.5, null, 'x'],
  ],
  [
    'SELECT id, name FROM d.t LEFT UNION ALL BY NAME SELECT city, id FROM d.u WHERE id = 3',
    [1, 'anna'],
    [2, 'bob'],
    [3, null],
  ],
  [
    'SELECT name, id FROM d.t INNER UNION DISTINCT BY NAME SELECT city, id FROM d.u WHERE id = 1 ORDER BY id',
    [1],
    [2],
  ],
  ['SELECT 1 AS a, 2 AS b INTERSECT DISTINCT BY NAME SELECT 2 AS b, 1 AS a', [1, 2]],
]
