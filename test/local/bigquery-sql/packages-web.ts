/** Statements over exports of web analytics, and what letters and numbers become as text. The tables are those of packages.ts. */
type Row = readonly unknown[]

export const web: readonly (readonly [sql: string, ...rows: Row[]])[] = [
  // exports of events
  [
    "SELECT parse_date('%Y%m%d', event_date), timestamp_micros(event_timestamp), (SELECT value.int_value FROM unnest(event_params) WHERE key = 'ga_session_id') FROM d.e ORDER BY event_timestamp",
    ['2024-01-31', '2024-01-31 00:00:00+00', 11],
    ['2024-01-31', '2024-01-31 00:01:00+00', 11],
    ['2024-02-01', '2024-02-01 00:00:00+00', 12],
  ],
  [
    "SELECT lower(replace((SELECT value.string_value FROM unnest(event_params) WHERE key = 'page_location'), ' ', '_')) FROM d.e WHERE event_name = 'page_view'",
    ['https://shop.example/'],
  ],
  [
    "WITH b AS (SELECT (SELECT value.string_value FROM unnest(event_params) WHERE key = 'page_location') AS page FROM d.e) SELECT regexp_extract(page, r'utm_source=([^&|\\?|#]*)'), regexp_extract(page, r'utm_campaign=([^&]*)'), split(page, '?')[offset(0)], regexp_replace(page, r'(\\?|#).*$', '') FROM b WHERE page LIKE '%utm%'",
    ['news', null, 'https://www.shop.example/a/b', 'https://www.shop.example/a/b'],
  ],
  [
    "SELECT coalesce((SELECT value.double_value FROM unnest(event_params) WHERE key = 'value'), cast((SELECT value.int_value FROM unnest(event_params) WHERE key = 'value') AS float64)) FROM d.e WHERE event_name = 'purchase'",
    [20.25],
  ],
  [
    'SELECT item.item_id, sum(item.quantity), sum(item.quantity * item.price) FROM d.e, unnest(items) AS item GROUP BY 1 ORDER BY 1',
    ['sku1', 3, 28.5],
    ['sku2', 3, 3.75],
  ],
  [
    'SELECT event_name, count(i.item_id) FROM d.e LEFT JOIN unnest(items) AS i GROUP BY event_name ORDER BY 1',
    ['page_view', 0],
    ['purchase', 2],
    ['session_start', 1],
  ],
  [
    'SELECT event_name, array_length(items), device.category, device.language FROM d.e ORDER BY event_timestamp LIMIT 1',
    ['session_start', 1, 'desktop', 'de'],
  ],
  [
    "SELECT user_pseudo_id, to_base64(md5(concat(user_pseudo_id, cast(11 AS string)))) IS NOT NULL, min(event_timestamp) = 1706659200000000 FROM d.e WHERE user_pseudo_id = 'p1' GROUP BY 1, 2",
    ['p1', true, true],
  ],
  [
    "SELECT user_pseudo_id, event_name, first_value((SELECT value.string_value FROM unnest(event_params) WHERE key = 'page_location') IGNORE NULLS) OVER (PARTITION BY user_pseudo_id ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) LIKE '%utm%' FROM d.e ORDER BY event_timestamp",
    ['p1', 'session_start', true],
    ['p1', 'page_view', true],
    ['p2', 'purchase', null],
  ],
  [
    "SELECT countif(event_name = 'page_view') AS views, count(DISTINCT user_pseudo_id) AS users, sum(CASE WHEN event_name = 'purchase' THEN 1 END), max(if(event_name = 'purchase', 1, 0)) FROM d.e",
    [1, 2, 1, 1],
  ],
  [
    'SELECT event_name, last_value(event_name) OVER (PARTITION BY user_pseudo_id ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM d.e ORDER BY event_timestamp',
    ['session_start', 'page_view'],
    ['page_view', 'page_view'],
    ['purchase', 'purchase'],
  ],
  [
    'SELECT lead(event_timestamp) OVER (PARTITION BY user_pseudo_id ORDER BY event_timestamp) - event_timestamp FROM d.e ORDER BY event_timestamp',
    [60000000],
    [null],
    [null],
  ],
  [
    "SELECT ARRAY(SELECT AS STRUCT key, value.int_value AS n FROM unnest(event_params) WHERE value.int_value IS NOT NULL) FROM d.e WHERE event_name = 'purchase'",
    [[{ key: 'ga_session_id', n: 12 }]],
  ],
  [
    "SELECT to_json_string(device), to_json_string(items) FROM d.e WHERE event_name = 'session_start'",
    ['{"category":"desktop","language":"de"}', '[{"item_id":"sku1","quantity":2,"price":9.5}]'],
  ],
  [
    "SELECT * EXCEPT (event_params, items, device) REPLACE (parse_date('%Y%m%d', event_date) AS event_date) FROM d.e WHERE event_name = 'purchase'",
    ['2024-02-01', 1706745600000000, 'purchase', 'p2'],
  ],
  [
    "SELECT EXISTS (SELECT 1 FROM unnest(items) AS i WHERE i.item_id = 'sku2'), 'sku2' IN (SELECT item_id FROM unnest(items)) FROM d.e ORDER BY event_timestamp",
    [false, false],
    [false, false],
    [true, true],
  ],
  [
    'SELECT json_value(j, \'$.a.b\'), json_query(j, \'$.a\'), json_value_array(j, \'$.c\') FROM (SELECT \'{"a":{"b":"x"},"c":["1","2"]}\' AS j)',
    ['x', '{"b":"x"}', ['1', '2']],
  ],
  [
    'SELECT sum(revenue) FROM (SELECT (SELECT sum(price * quantity) FROM unnest(items)) AS revenue FROM d.e)',
    [32.25],
  ],
  [
    "SELECT event_name, row_number() OVER (PARTITION BY user_pseudo_id ORDER BY event_timestamp) AS n, sum(if(event_name = 'session_start', 1, 0)) OVER (PARTITION BY user_pseudo_id ORDER BY event_timestamp) FROM d.e ORDER BY event_timestamp",
    ['session_start', 1, 1],
    ['page_view', 2, 1],
    ['purchase', 1, 0],
  ],
  [
    "SELECT source, CASE WHEN (source IS NULL AND medium IS NULL) OR (source = '(direct)' AND medium IN ('(not set)', '(none)')) THEN 'Direct' WHEN regexp_contains(medium, r'^(cpc|ppc|paid.*)$') THEN 'Paid' WHEN lower(medium) = 'email' THEN 'Email' ELSE 'Other' END FROM (SELECT 'news' AS source, 'Email' AS medium UNION ALL SELECT NULL, NULL UNION ALL SELECT 'g', 'paidsearch') ORDER BY 2",
    [null, 'Direct'],
    ['news', 'Email'],
    ['g', 'Paid'],
  ],
  // letters and numbers as text
  [
    "SELECT s FROM unnest(['b', 'Z', 'ä', 'a', 'é', '10', '9', '']) AS s ORDER BY s",
    [''],
    ['10'],
    ['9'],
    ['Z'],
    ['a'],
    ['b'],
    ['ä'],
    ['é'],
  ],
  ["SELECT s FROM unnest(['😀', '｡', 'z']) AS s ORDER BY s DESC", ['😀'], ['｡'], ['z']],
  [
    "SELECT 'ä' > 'z', 'Z' < 'a', greatest('a', 'B'), min(s), max(s) FROM unnest(['ö', 'p', 'O']) AS s",
    [true, true, 'a', 'O', 'ö'],
  ],
  [
    "SELECT upper('äöüé'), lower('ÄÖÜÉ'), upper('straße'), initcap('élan vital'), upper('ǆ')",
    ['ÄÖÜÉ', 'äöüé', 'STRASSE', 'Élan Vital', 'Ǆ'],
  ],
  [
    "SELECT length('naïve'), byte_length('naïve'), reverse('äb'), substr('äöü', 2, 1), strpos('äöü', 'ü'), lpad('ä', 3, '·')",
    [5, 6, 'bä', 'ö', 3, '··ä'],
  ],
  [
    'SELECT cast(0.5 AS int64), cast(1.5 AS int64), cast(2.5 AS int64), cast(-0.5 AS int64), cast(-2.5 AS int64)',
    [1, 2, 3, -1, -3],
  ],
  [
    'SELECT round(0.5), round(-2.5), round(2.675, 2), trunc(-2.7), round(1234.5, -2)',
    [1, -3, 2.68, -2, 1200],
  ],
  [
    'SELECT cast(1e20 AS string), cast(1.0 AS string), cast(123456789012345680.0 AS string), cast(0.1 AS string), cast(-0.0 AS string), cast(1e-7 AS string)',
    ['1e+20', '1', '1.2345678901234568e+17', '0.1', '0', '1e-07'],
  ],
  [
    "SELECT cast(NUMERIC '2.5' AS int64), cast(NUMERIC '-2.5' AS int64), cast('1.10' AS numeric), cast(NUMERIC '1.10' AS string), cast(9007199254740993 AS float64) = 9007199254740992",
    [3, -3, '1.100000000', '1.1', true],
  ],
  [
    "SELECT safe_cast('1.5' AS int64), safe_cast('abc' AS float64), safe_cast(1e30 AS int64), cast('0x1F' AS int64), cast(' 7 ' AS int64)",
    [null, null, null, 31, 7],
  ],
  [
    "SELECT format('%05d', 42), format('%.2f', 1.005), format(\"%'d\", 1234567), format('%s-%t', 'a', DATE '2024-01-01')",
    ['00042', '1.00', '1,234,567', 'a-2024-01-01'],
  ],
  // constructors
  [
    "SELECT SAFE.TIMESTAMP('nope'), SAFE.DATETIME(2024, 13, 1, 0, 0, 0), SAFE.TIME(25, 0, 0), SAFE.PARSE_JSON('{')",
    [null, null, null, null],
  ],
  [
    "SELECT STRUCT(1 AS a, 'x' AS b).b, (1, 'y') = (1, 'y'), [1, 2][ordinal(2)], ARRAY<FLOAT64>[1, 2.5][safe_offset(9)]",
    ['x', true, 2, null],
  ],
  [
    "SELECT s.d FROM unnest([STRUCT(DATE '2024-01-01' AS d, 1.5 AS n), ('2024-01-02', 2), (NULL, NULL)]) AS s ORDER BY s.d",
    [null],
    ['2024-01-01'],
    ['2024-01-02'],
  ],
  [
    "SELECT 3 IN (1, 2, NULL), 2 IN (1, 2, NULL), NULL IN (1), 1.0 IN (1, 2), 'a' IN UNNEST(['a', NULL])",
    [null, true, null, true, true],
  ],
]
