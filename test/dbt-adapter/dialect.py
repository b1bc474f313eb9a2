"""
The texts of base tests are PostgreSQL where warehouses differ: this writes what they mean in BigQuery's words. It knows the
phrases that stand there, and no SQL beyond them.
"""

import re

TYPES = {
    "text": "string",
    "varchar": "string",
    "timestamptz": "timestamp",
    "float": "float64",
    "int": "int64",
    "integer": "int64",
}
VALUE = r"(\{\{[^{}]*\}\}|'[^']*'|\b[\w.]+(?:\([^()]*\))?)"
CAST = re.compile(VALUE + r"::(\{\{[^{}]*\}\}|\w+)")
# What a snapshot makes of its key: a number is no text there, and a digest is bytes.
KEYED = re.compile(r"md5\(id \|\| '-' \|\| first_name \|\| '\|' \|\| updated_at::text\)")
COMPOSED = re.compile(r"md5\((id1::text \|\| '\|' \|\| id2::text \|\| '\|' \|\| updated_at::text)\)")
PHRASES = [
    (re.compile(r"1 \|\| '-' \|\| current_timestamp"), "concat(1, '-', current_timestamp)"),
    (KEYED, "to_hex(md5(cast(id as string) || '-' || first_name || '|' || updated_at::text))"),
    (COMPOSED, r"to_hex(md5(\1))"),
    (
        re.compile(r"'id \|\| ' ~ \"'-'\" ~ ' \|\| first_name'"),
        "'cast(id as string) || ' ~ \"'-'\" ~ ' || first_name'",
    ),
    (re.compile(r"interval '(\d+) (\w+?)s?'", re.IGNORECASE), r"interval \1 \2"),
    (
        re.compile(r"\(current_timestamp at time zone 'utc'\)::TIMESTAMP", re.IGNORECASE),
        "current_timestamp()",
    ),
    (re.compile(r"\bbirthday TIMESTAMP WITHOUT TIME ZONE\b"), "birthday DATETIME"),
    (re.compile(r'"(seed_id|first_name|email|ip_address|birthday)"(?=[,)])'), r"`\1`"),
    (re.compile(r"\bTIMESTAMP WITH(OUT)? TIME ZONE\b"), "TIMESTAMP"),
    (re.compile(r"\bVARCHAR\(\d+\)", re.IGNORECASE), "STRING"),
    (re.compile(r"(?<= )TEXT(?=\s*[,\n])"), "STRING"),
    (re.compile(r"\bdate\('(2099|9999)-12-31'\)"), r"timestamp('\1-12-31')"),
    # A column with a default cannot be added.
    (re.compile(r" default 'dummy_value'"), ""),
    (re.compile(r'as "GROUP"'), "as `GROUP`"),
    (re.compile(r'"my_column", "varchar"'), '"my_column", "string"'),
    (re.compile(r"'(\{[^']*\})'::json"), r"json '\1'"),
    (re.compile(r"'(\d\d)/(\d\d)/(\d{4})'"), r"'\3-\1-\2'"),
]


def in_bigquery(text):
    for pattern, meant in PHRASES:
        text = pattern.sub(meant, text)
    return CAST.sub(lambda found: f"cast({found[1]} as {TYPES.get(found[2].lower(), found[2])})", text)


def translate(module):
    """Of what the module has at its top: its fixtures read it there when they are asked."""
    for name, value in list(vars(module).items()):
        if name.startswith("__"):
            continue
        if isinstance(value, str):
            setattr(module, name, in_bigquery(value))
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            setattr(module, name, [in_bigquery(item) for item in value])


def translate_updates(common):
    """What tests of snapshots set is written inside of them."""
    update = common.update_records
    common.update_records = lambda project, table, updates, where=None: update(
        project, table, {name: in_bigquery(text) for name, text in updates.items()}, where
    )
