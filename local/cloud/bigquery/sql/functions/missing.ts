/**
 * Functions that BigQuery has and this language does not: refused by name. Every other unknown name is one that
 * BigQuery would not find either.
 */
const PREFIXES =
  'AEAD. AI. DETERMINISTIC_ DLP_ HLL_COUNT. KEYS. KLL_QUANTILES. ML. OBJ. ST_ S2_ VECTOR_'.split(' ')

const NAMES = new Set(
  (
    'AGG APPENDS CHANGES ' +
    'NET.FORMAT_IP NET.FORMAT_PACKED_IP NET.IP_IN_NET NET.MAKE_NET NET.PARSE_IP NET.PARSE_PACKED_IP ' +
    'COLLATE COSINE_DISTANCE EUCLIDEAN_DISTANCE EXTERNAL_OBJECT_TRANSFORM EXTERNAL_QUERY ' +
    'FROM_BASE32 GAP_FILL GENERATE_RANGE_ARRAY JSON_ARRAY_APPEND JSON_ARRAY_INSERT JSON_CONTAINS ' +
    'JSON_FLATTEN ' +
    'LOGICAL_XOR PARSE_BIGNUMERIC ' +
    'RANGE RANGE_CONTAINS RANGE_END RANGE_INTERSECT RANGE_OVERLAPS RANGE_SESSIONIZE ' +
    'RANGE_START SEARCH TEXT_ANALYZE TO_BASE32 ' +
    'TF_IDF BAG_OF_WORDS'
  ).split(' '),
)

export const isOfBigQuery = (name: string): boolean =>
  NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))
