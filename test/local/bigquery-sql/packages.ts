/**
 * Statements of the kinds that dbt's public packages write (utilities, expectations, dates, web analytics exports), each
 * with the rows that BigQuery's documentation gives or implies. NUMERIC shows nine digits here: the REST layer trims them.
 */
import { web } from './packages-web.ts'

type Row = readonly unknown[]

/** Tables of the statements: `d.e` is an export of events, `d.o` are orders, `d.r` ranges. */
export const tables: readonly string[] = [
  `CREATE TABLE d.e AS SELECT * FROM UNNEST([
    STRUCT('20240131' AS event_date, 1706659200000000 AS event_timestamp, 'session_start' AS event_name, 'p1' AS user_pseudo_id,
      [STRUCT('ga_session_id' AS key, STRUCT(CAST(NULL AS STRING) AS string_value, 11 AS int_value, CAST(NULL AS FLOAT64) AS double_value) AS value),
       STRUCT('page_location' AS key, STRUCT('https://www.shop.example/a/b?utm_source=news&utm_medium=email&gclid=x1#top' AS string_value, CAST(NULL AS INT64) AS int_value, CAST(NULL AS FLOAT64) AS double_value) AS value)] AS event_params,
      STRUCT('desktop' AS category, 'de' AS language) AS device,
      [STRUCT('sku1' AS item_id, 2 AS quantity, 9.5 AS price)] AS items),
    STRUCT('20240131', 1706659260000000, 'page_view', 'p1',
      [STRUCT('ga_session_id' AS key, STRUCT(CAST(NULL AS STRING) AS string_value, 11 AS int_value, CAST(NULL AS FLOAT64) AS double_value) AS value),
       STRUCT('page_location', STRUCT('https://shop.example/' , NULL, NULL))],
      STRUCT('desktop', 'de'), []),
    STRUCT('20240201', 1706745600000000, 'purchase', 'p2',
      [STRUCT('ga_session_id' AS key, STRUCT(CAST(NULL AS STRING) AS string_value, 12 AS int_value, CAST(NULL AS FLOAT64) AS double_value) AS value),
       STRUCT('value', STRUCT(NULL, NULL, 20.25))],
      STRUCT('mobile', NULL), [STRUCT('sku1' AS item_id, 1 AS quantity, 9.5 AS price), STRUCT('sku2', 3, 1.25)])])`,
  `CREATE TABLE d.o AS
    SELECT 1 AS id, 'a' AS customer, 'paid' AS status, DATE '2024-01-01' AS day, 10.0 AS amount UNION ALL
    SELECT 2, 'a', 'open', '2024-01-03', 20 UNION ALL
    SELECT 3, 'b', 'paid', '2024-01-03', 30 UNION ALL
    SELECT 4, 'c', NULL, NULL, NULL`,
  `CREATE TABLE d.r AS SELECT 1 AS id, DATE '2024-01-01' AS lower_bound, DATE '2024-01-05' AS upper_bound UNION ALL
    SELECT 2, '2024-01-05', '2024-01-09' UNION ALL SELECT 3, '2024-01-08', '2024-01-12'`,
]

export const packages: readonly (readonly [sql: string, ...rows: Row[]])[] = [
  // keys and hashes
  [
    "SELECT to_hex(md5(cast(coalesce(cast(id AS string), '_dbt_utils_surrogate_key_null_') || '-' || coalesce(cast(status AS string), '_dbt_utils_surrogate_key_null_') AS string))) FROM d.o WHERE id = 1",
    ['4b1359fde935e9a3cbcf15326e59ef8a'],
  ],
  ["SELECT to_hex(md5(concat('1', '-', 'paid'))) = to_hex(md5('1-paid'))", [true]],
  ["SELECT to_base64(md5(''))", ['1B2M2Y8AsgTpgAmY7PhCfg==']],
  ["SELECT to_base64(md5(concat('p1', cast(11 AS string)))) = to_base64(md5('p111'))", [true]],
  ["SELECT cast(farm_fingerprint('foo') AS string)", ['6150913649986995171']],
  ["SELECT mod(abs(farm_fingerprint('foo')), 10)", [1]],
  ["SELECT to_hex(sha256(''))", ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']],
  // series and spines
  [
    `WITH p AS (SELECT 0 AS generated_number UNION ALL SELECT 1), unioned AS (
      SELECT p0.generated_number * power(2, 0) + p1.generated_number * power(2, 1) + 1 AS generated_number
      FROM p AS p0 CROSS JOIN p AS p1)
    SELECT * FROM unioned WHERE generated_number <= 3 ORDER BY generated_number`,
    [1],
    [2],
    [3],
  ],
  [
    `WITH rawdata AS (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3), all_periods AS (
      SELECT (datetime_add(cast(cast('2024-02-28' AS date) AS datetime), INTERVAL row_number() OVER (ORDER BY 1) - 1 day)) AS date_day FROM rawdata),
    filtered AS (SELECT * FROM all_periods WHERE date_day <= cast('2024-03-01' AS date))
    SELECT * FROM filtered ORDER BY date_day`,
    ['2024-02-28T00:00:00'],
    ['2024-02-29T00:00:00'],
    ['2024-03-01T00:00:00'],
  ],
  [
    "SELECT date_day FROM unnest(generate_date_array('2024-01-30', '2024-02-01')) AS date_day ORDER BY 1",
    ['2024-01-30'],
    ['2024-01-31'],
    ['2024-02-01'],
  ],
  [
    "SELECT d FROM unnest(generate_date_array(DATE '2024-01-31', DATE '2024-04-30', INTERVAL 1 MONTH)) AS d ORDER BY d",
    ['2024-01-31'],
    ['2024-02-29'],
    ['2024-03-29'],
    ['2024-04-29'],
  ],
  [
    "SELECT ts FROM unnest(generate_timestamp_array('2024-01-01', '2024-01-01 12:00:00', INTERVAL 6 HOUR)) AS ts ORDER BY ts",
    ['2024-01-01 00:00:00+00'],
    ['2024-01-01 06:00:00+00'],
    ['2024-01-01 12:00:00+00'],
  ],
  ['SELECT sum(n) FROM unnest(generate_array(0, 100, 10)) AS n', [550]],
  ['SELECT generate_array(5, 1, -2)', [[5, 3, 1]]],
  // pivot, unpivot and unions
  [
    "SELECT customer, sum(CASE WHEN status = 'paid' THEN 1 ELSE 0 END) AS `paid`, sum(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS `open` FROM d.o GROUP BY customer ORDER BY customer",
    ['a', 1, 1],
    ['b', 1, 0],
    ['c', 0, 0],
  ],
  [
    "SELECT customer, sum(CASE WHEN status = 'paid' THEN amount END) AS paid FROM d.o GROUP BY 1 ORDER BY 1",
    ['a', 10],
    ['b', 30],
    ['c', null],
  ],
  [
    "SELECT id, cast('customer' AS string) AS field_name, cast(customer AS string) AS value FROM d.o WHERE id < 3 UNION ALL SELECT id, cast('amount' AS string), cast(amount AS string) FROM d.o WHERE id < 3 ORDER BY id, field_name",
    [1, 'amount', '10'],
    [1, 'customer', 'a'],
    [2, 'amount', '20'],
    [2, 'customer', 'a'],
  ],
  [
    "(SELECT cast('`p`.`d`.`o`' AS STRING) AS _dbt_source_relation, cast(`id` AS INT64) AS `id`, cast(null AS STRING) AS `city` FROM d.o WHERE id = 1) UNION ALL (SELECT cast('`p`.`d`.`u`' AS STRING), cast(`id` AS INT64), cast(`city` AS STRING) FROM d.u WHERE id = 1) ORDER BY 1",
    ['`p`.`d`.`o`', 1, null],
    ['`p`.`d`.`u`', 1, 'Paris'],
  ],
  [
    'SELECT status AS value FROM d.o GROUP BY status ORDER BY count(*) DESC, value',
    ['paid'],
    [null],
    ['open'],
  ],
  // literals of one side of a union take the type of the other
  ["SELECT DATE '2024-01-01' AS d UNION ALL SELECT '2024-01-02' ORDER BY d", ['2024-01-01'], ['2024-01-02']],
  ["SELECT '2024-01-02' AS d UNION ALL SELECT DATE '2024-01-01' ORDER BY d", ['2024-01-01'], ['2024-01-02']],
  [
    "SELECT TIMESTAMP '2024-01-01 00:00:00+00' AS t UNION DISTINCT SELECT '2024-01-01 01:00:00+01'",
    ['2024-01-01 00:00:00+00'],
  ],
  ['SELECT 1 AS x UNION ALL SELECT 2.5 UNION ALL SELECT NULL ORDER BY x', [null], [1], [2.5]],
  ["SELECT NUMERIC '1.5' AS x UNION ALL SELECT 2 ORDER BY x", ['1.500000000'], ['2.000000000']],
  ["SELECT NULL AS x UNION ALL SELECT 'a' ORDER BY x", [null], ['a']],
  // first of each, and the whole row
  [
    'SELECT unique.* FROM (SELECT array_agg(original ORDER BY day DESC LIMIT 1)[offset(0)] AS unique FROM d.o AS original GROUP BY customer) ORDER BY id',
    [2, 'a', 'open', '2024-01-03', 20],
    [3, 'b', 'paid', '2024-01-03', 30],
    [4, 'c', null, null, null],
  ],
  [
    'SELECT id FROM d.o QUALIFY row_number() OVER (PARTITION BY customer ORDER BY day DESC) = 1 ORDER BY id',
    [2],
    [3],
    [4],
  ],
  [
    'SELECT customer, max_by(status, day), min_by(id, day) FROM d.o WHERE day IS NOT NULL GROUP BY customer ORDER BY 1',
    ['a', 'open', 1],
    ['b', 'paid', 3],
  ],
  ["SELECT any_value(status HAVING MAX amount) FROM d.o WHERE customer = 'a'", ['open']],
  // safe arithmetic
  ['SELECT (10) / nullif((0), 0), (10) / nullif((4), 0), safe_divide(1, 0)', [null, 2.5, null]],
  ['SELECT coalesce(amount, 0) + coalesce(NULL, 0) FROM d.o WHERE id = 4', [0]],
  [
    'SELECT CAST(1 AS FLOAT64) / 3 = 1 / 3, round(1.0 * 7 / 2), ceil(2.000001), floor(-0.5)',
    [true, 4, 3, -1],
  ],
  [
    'SELECT round(2 * 6371 * asin(sqrt(pow(sin((52.5 - 48.1) * acos(-1) / 180 / 2), 2) + cos(48.1 * acos(-1) / 180) * cos(52.5 * acos(-1) / 180) * pow(sin((13.4 - 11.6) * acos(-1) / 180 / 2), 2))))',
    [506],
  ],
  [
    'SELECT CASE WHEN mod(cast(5.5 * 10 AS int64), 10) = 0 THEN 0 ELSE 1 END, least(greatest(ceil((7 - 0) / ((10 - 0) / 4)), 1), 4)',
    [1, 3],
  ],
  // addresses
  [
    "SELECT safe_cast(split(split(replace(replace(replace(u, 'android-app://', ''), 'http://', ''), 'https://', ''), '/')[safe_offset(0)], '?')[safe_offset(0)] AS string) FROM unnest(['https://www.shop.example/a?b=1', 'http://x.example?y', 'plain', '']) AS u WITH OFFSET AS o ORDER BY o",
    ['www.shop.example'],
    ['x.example'],
    ['plain'],
    [''],
  ],
  [
    "SELECT nullif(split(split('https://s.example/?utm_source=news&a=1', 'utm_source=')[safe_offset(1)], '&')[safe_offset(0)], ''), nullif(split(split('https://s.example/', 'utm_source=')[safe_offset(1)], '&')[safe_offset(0)], '')",
    ['news', null],
  ],
  [
    "SELECT regexp_extract('https://s.example/a/b?x=1#f', r'^(?:https?://)?(?:[^/?#]*)([^?#]*)'), regexp_extract('a?gclid=9&b', r'[?&]gclid=([^&#]+)')",
    ['/a/b', '9'],
  ],
  [
    "SELECT regexp_replace('https://s.example/?gclid=1&a=2&fbclid=3', r'(\\?|&)(gclid|fbclid)=[^&]*', r'\\1\\2=x')",
    ['https://s.example/?gclid=x&a=2&fbclid=x'],
  ],
  ["SELECT array_reverse(split('www.shop.example', '.'))[safe_offset(0)]", ['example']],
  [
    "SELECT CASE WHEN regexp_contains('www.google.co.uk', r'(^|\\.)google\\.') THEN 'search' ELSE 'other' END",
    ['search'],
  ],
  [
    "SELECT regexp_instr('user@mail.example', '@[^.]*'), regexp_instr('abc', 'x'), regexp_instr('aXbX', 'X', 3)",
    [5, 0, 4],
  ],
  [
    "SELECT regexp_instr('a1b2', r'[0-9]', 1, 1) > 0, regexp_instr('ab', r'[0-9]', 1, 1, 0) > 0",
    [true, false],
  ],
  // tests of tables
  ['SELECT count(*) FROM (SELECT id FROM d.o EXCEPT DISTINCT SELECT id FROM d.u)', [2]],
  [
    "WITH a AS (SELECT * FROM d.u), b AS (SELECT * FROM d.u WHERE id = 1), a_minus_b AS (SELECT id, city FROM a EXCEPT DISTINCT SELECT id, city FROM b), b_minus_a AS (SELECT id, city FROM b EXCEPT DISTINCT SELECT id, city FROM a), unioned AS (SELECT 'a_minus_b' AS which_diff, a_minus_b.* FROM a_minus_b UNION ALL SELECT 'b_minus_a' AS which_diff, b_minus_a.* FROM b_minus_a) SELECT * FROM unioned",
    ['a_minus_b', 3, 'Rome'],
  ],
  [
    'WITH a AS (SELECT 1 AS id_dbtutils_test_equal_rowcount, count(*) AS count_a FROM d.o GROUP BY id_dbtutils_test_equal_rowcount), b AS (SELECT 1 AS id_dbtutils_test_equal_rowcount, count(*) AS count_b FROM d.u GROUP BY id_dbtutils_test_equal_rowcount), final AS (SELECT a.id_dbtutils_test_equal_rowcount AS id_a, b.id_dbtutils_test_equal_rowcount AS id_b, count_a, count_b, abs(count_a - count_b) AS diff_count FROM a FULL JOIN b ON a.id_dbtutils_test_equal_rowcount = b.id_dbtutils_test_equal_rowcount) SELECT * FROM final',
    [1, 1, 4, 2, 2],
  ],
  ['SELECT count(DISTINCT customer) AS filler_column FROM d.o HAVING count(DISTINCT customer) = 1'],
  [
    'SELECT * FROM (SELECT count(status) AS filler_column FROM d.o HAVING count(status) = 0) validation_errors',
  ],
  [
    'WITH validation AS (SELECT sum(CASE WHEN status IS NULL THEN 0 ELSE 1 END) / cast(count(*) AS float64) AS not_null_proportion FROM d.o) SELECT not_null_proportion FROM validation WHERE not_null_proportion < 1.0',
    [0.75],
  ],
  ['SELECT id FROM d.o WHERE NOT (amount < 30) OR amount IS NULL ORDER BY id', [3], [4]],
  [
    'WITH window_functions AS (SELECT lower_bound, upper_bound, lead(lower_bound) OVER (ORDER BY lower_bound, upper_bound) AS next_lower_bound, row_number() OVER (ORDER BY lower_bound DESC, upper_bound DESC) = 1 AS is_last_record FROM d.r), calc AS (SELECT *, coalesce(lower_bound < upper_bound, false) AS lower_bound_less_than_upper_bound, coalesce(upper_bound <= next_lower_bound, is_last_record, false) AS upper_bound_less_than_next_lower_bound FROM window_functions) SELECT lower_bound FROM calc WHERE NOT (lower_bound_less_than_upper_bound AND upper_bound_less_than_next_lower_bound)',
    ['2024-01-05'],
  ],
  [
    'WITH windowed AS (SELECT id, lag(id) OVER (ORDER BY id) AS previous_id FROM (SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 4)) SELECT * FROM windowed WHERE NOT (id = previous_id + 1)',
    [4, 2],
  ],
  [
    'WITH windowed AS (SELECT day, lag(day) OVER (ORDER BY day) AS previous FROM d.o WHERE day IS NOT NULL) SELECT day FROM windowed WHERE NOT (cast(day AS timestamp) = cast(datetime_add(cast(previous AS datetime), INTERVAL 1 day) AS timestamp)) ORDER BY day',
    ['2024-01-03'],
    ['2024-01-03'],
  ],
  [
    "SELECT left_table.id FROM (SELECT id FROM d.o WHERE status = 'paid') AS left_table LEFT JOIN (SELECT id FROM d.u) AS right_table ON left_table.id = right_table.id WHERE right_table.id IS NULL",
  ],
  ['SELECT customer, day FROM d.o GROUP BY customer, day HAVING count(*) > 1'],
  ["SELECT id FROM d.o WHERE trim(status) = '' OR id IN (SELECT id FROM d.u WHERE city LIKE 'R%')", [3]],
  ['SELECT count(*) FROM (SELECT day FROM d.o UNION DISTINCT SELECT lower_bound FROM d.r)', [5]],
  [
    "SELECT max(cast(day AS timestamp)) < cast(timestamp_add(timestamp '2024-01-10', INTERVAL -1 day) AS timestamp) FROM d.o",
    [true],
  ],
  [
    'SELECT logical_or(amount > 25), logical_and(amount > 25), countif(amount > 15) / count(*) FROM d.o',
    [true, false, 0.5],
  ],
  // expectations: statistics
  ['SELECT DISTINCT percentile_cont(amount, 0.5) OVER () FROM d.o', [20]],
  [
    'SELECT DISTINCT percentile_cont(amount, 0.25) OVER (), percentile_disc(amount, 0.25) OVER () FROM d.o',
    [15, 10],
  ],
  [
    'WITH stats AS (SELECT amount, avg(amount) OVER () AS mean, stddev(amount) OVER () AS deviation FROM d.o) SELECT amount, (amount - mean) / nullif(deviation, 0) FROM stats WHERE amount IS NOT NULL ORDER BY amount',
    [10, -1],
    [20, 0],
    [30, 1],
  ],
  [
    'WITH value_counts AS (SELECT customer AS value_field, count(*) AS value_count FROM d.o GROUP BY customer), value_ranks AS (SELECT *, rank() OVER (ORDER BY value_count DESC) AS value_count_rank FROM value_counts) SELECT value_field FROM value_ranks WHERE value_count_rank = 1',
    ['a'],
  ],
  [
    'SELECT avg(amount) >= 15 AND avg(amount) <= 25 AS expression, min(amount) = 10, max(amount) = 30, sum(amount) = 60, stddev_samp(amount) FROM d.o',
    [true, true, true, true, 10],
  ],
  [
    'WITH all_values AS (SELECT id, amount, lag(amount) OVER (PARTITION BY customer ORDER BY id) AS lag_value FROM d.o) SELECT id, ln(nullif(amount, 0)) - ln(nullif(lag_value, 0)) > 0.69 FROM all_values WHERE lag_value IS NOT NULL',
    [2, true],
  ],
  [
    'SELECT day, avg(amount) OVER (ORDER BY day ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT day, sum(amount) AS amount FROM d.o WHERE day IS NOT NULL GROUP BY day) ORDER BY day',
    ['2024-01-01', 10],
    ['2024-01-03', 30],
  ],
  ['SELECT length(customer) >= 1 AND length(customer) <= 1 FROM d.o GROUP BY 1', [true]],
  ['SELECT approx_quantiles(amount, 2) FROM d.o', [[10, 20, 30]]],
  ['SELECT count(DISTINCT amount) = count(amount), count(*) - count(amount) FROM d.o', [true, 1]],
  [
    "SELECT string_agg(DISTINCT customer, ',' ORDER BY customer), array_to_string(array_agg(status IGNORE NULLS ORDER BY id), '/') FROM d.o",
    ['a,b,c', 'paid/open/paid'],
  ],
  ["SELECT string_agg(customer, '|' ORDER BY id DESC LIMIT 2) FROM d.o", ['c|b']],
  [
    'SELECT id FROM d.o WHERE (SELECT count(DISTINCT v) FROM unnest([customer, status]) AS v) < 2 ORDER BY id',
    [4],
  ],
  ["SELECT id FROM d.o WHERE customer IN ('a', 'b') AND status NOT IN ('open') ORDER BY id", [1], [3]],
  [
    'SELECT sum(amount) OVER (PARTITION BY customer ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM d.o ORDER BY id',
    [10],
    [30],
    [30],
    [null],
  ],
  ['SELECT id, ntile(2) OVER (ORDER BY id) FROM d.o ORDER BY id', [1, 1], [2, 1], [3, 2], [4, 2]],
  [
    'SELECT percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM d.o ORDER BY id LIMIT 2',
    [0, 0.25],
    [1 / 3, 0.5],
  ],
  // dates
  [
    "SELECT extract(dayofweek FROM d), extract(isoweek FROM d), extract(isoyear FROM d), extract(week FROM d), extract(dayofyear FROM d), extract(quarter FROM d) FROM unnest([DATE '2024-12-30', DATE '2023-01-01']) AS d ORDER BY d",
    [1, 52, 2022, 1, 1, 1],
    [2, 1, 2025, 52, 365, 4],
  ],
  [
    "SELECT date_trunc(DATE '2024-05-16', week), date_trunc(DATE '2024-05-16', isoweek), date_trunc(DATE '2024-05-16', week(thursday)), date_trunc(DATE '2024-05-16', quarter), date_trunc(DATE '2024-12-30', isoyear)",
    ['2024-05-12', '2024-05-13', '2024-05-16', '2024-04-01', '2024-12-30'],
  ],
  [
    "SELECT cast(timestamp_trunc(cast(DATE '2024-05-16' AS timestamp), week) AS date), cast(date_add(cast(date_trunc(DATE '2024-05-16', week) AS date), INTERVAL 6 day) AS date), last_day(DATE '2024-05-16', week)",
    ['2024-05-12', '2024-05-18', '2024-05-18'],
  ],
  [
    "SELECT format_date('%A', DATE '2024-05-16'), format_date('%a', DATE '2024-05-16'), format_date('%B', DATE '2024-05-16'), format_date('%b %d, %Y', DATE '2024-05-06'), format_date('%G-W%V', DATE '2024-12-30'), format_date('%j', DATE '2024-02-01'), format_date('%Q', DATE '2024-05-16')",
    ['Thursday', 'Thu', 'May', 'May 06, 2024', '2025-W01', '032', '2'],
  ],
  [
    "SELECT format_date('%e', DATE '2024-05-06'), format_date('%y%m%d', DATE '2024-05-06'), format_date('%F', DATE '2024-05-06'), format_date('%D', DATE '2024-05-06'), format_date('%U', DATE '2024-01-07')",
    [' 6', '240506', '2024-05-06', '05/06/24', '01'],
  ],
  [
    "SELECT date_diff(DATE '2024-01-07', DATE '2024-01-06', week), date_diff(DATE '2024-01-07', DATE '2024-01-06', isoweek), date_diff(DATE '2024-01-08', DATE '2024-01-07', week(monday)), date_diff(DATE '2024-01-01', DATE '2023-12-31', year), date_diff(DATE '2024-03-01', DATE '2024-01-31', month)",
    [1, 0, 1, 1, 2],
  ],
  [
    "SELECT datetime_diff(cast(TIMESTAMP '2024-01-02 00:00:00' AS datetime), cast(TIMESTAMP '2024-01-01 23:59:59' AS datetime), day), timestamp_diff(TIMESTAMP '2024-01-02 00:00:00', TIMESTAMP '2024-01-01 23:59:59', day), timestamp_diff(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2024-01-01 01:30:00', hour)",
    [1, 0, -1],
  ],
  [
    "SELECT timestamp(datetime(cast('2024-07-01 12:00:00' AS timestamp), 'America/Los_Angeles')), datetime(TIMESTAMP '2024-01-01 12:00:00', 'Asia/Kolkata')",
    ['2024-07-01 05:00:00+00', '2024-01-01T17:30:00'],
  ],
  [
    "SELECT date(TIMESTAMP '2024-01-01 03:00:00', 'America/New_York'), extract(hour FROM TIMESTAMP '2024-01-01 03:00:00' AT TIME ZONE 'America/New_York')",
    ['2023-12-31', 22],
  ],
  [
    "SELECT unix_seconds(cast('1970-01-02' AS timestamp)), timestamp_seconds(86400), timestamp_millis(-1), unix_millis(TIMESTAMP '1969-12-31 23:59:59.999')",
    [86400, '1970-01-02 00:00:00+00', '1969-12-31 23:59:59.999+00', -1],
  ],
  [
    "SELECT date_add(DATE '2024-01-31', INTERVAL 1 MONTH), date_sub(DATE '2024-03-31', INTERVAL 1 MONTH), date_add(DATE '2024-02-29', INTERVAL 1 YEAR), date_add(DATE '2024-01-31', INTERVAL -1 QUARTER)",
    ['2024-02-29', '2024-02-29', '2025-02-28', '2023-10-31'],
  ],
  [
    "SELECT last_day(DATE '2024-02-10'), last_day(DATE '2024-02-10', quarter), last_day(DATE '2024-02-10', year), last_day(DATE '2024-02-10', isoweek)",
    ['2024-02-29', '2024-03-31', '2024-12-31', '2024-02-11'],
  ],
  [
    "SELECT parse_date('%Y%m%d', '20240131'), parse_date('%d.%m.%Y', '31.01.2024'), parse_timestamp('%Y-%m-%dT%H:%M:%E*SZ', '2024-01-31T10:11:12.345Z')",
    ['2024-01-31', '2024-01-31', '2024-01-31 10:11:12.345+00'],
  ],
  [
    "SELECT safe.parse_date('%Y%m%d', '2024-01-31'), safe_cast('2024-13-01' AS date), safe.date(2024, 2, 30)",
    [null, null, null],
  ],
  [
    "SELECT cast(cast('2024-01-31' AS date) AS string), cast(DATETIME '2024-01-31 10:00:00' AS string), cast(TIMESTAMP '2024-01-31 10:00:00.5' AS string)",
    ['2024-01-31', '2024-01-31 10:00:00', '2024-01-31 10:00:00.500+00'],
  ],
  [
    "SELECT DATE '2024-01-31' + 1, DATE '2024-01-31' - 31, cast(DATE '2024-01-31' + INTERVAL 1 MONTH AS date)",
    ['2024-02-01', '2023-12-31', '2024-02-29'],
  ],
  [
    'SELECT date_diff(day, lag(day) OVER (ORDER BY day), day) FROM d.o WHERE day IS NOT NULL ORDER BY day',
    [null],
    [2],
    [0],
  ],
  [
    "SELECT extract(date FROM TIMESTAMP '2024-01-31 10:00:00'), extract(time FROM DATETIME '2024-01-31 10:00:00'), extract(week(monday) FROM DATE '2024-01-08')",
    ['2024-01-31', '10:00:00', 2],
  ],
  [
    "SELECT timestamp_trunc(TIMESTAMP '2024-03-31 12:00:00', day, 'Europe/Berlin'), datetime_trunc(DATETIME '2024-03-31 12:34:56', hour), time_trunc(TIME '12:34:56', minute)",
    ['2024-03-30 23:00:00+00', '2024-03-31T12:00:00', '12:34:00'],
  ],
  [
    "SELECT format_timestamp('%Y-%m-%d %H:%M:%S', TIMESTAMP '2024-01-31 10:00:00', 'Asia/Tokyo'), format_datetime('%I:%M %p', DATETIME '2024-01-31 15:04:00')",
    ['2024-01-31 19:00:00', '03:04 PM'],
  ],
  [
    "SELECT CASE WHEN extract(dayofweek FROM day) IN (1, 7) THEN 'weekend' ELSE 'weekday' END, count(*) FROM d.o WHERE day IS NOT NULL GROUP BY 1",
    ['weekday', 3],
  ],
  ...web,
]
