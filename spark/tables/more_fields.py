"""The columns of an event that only some sources fill, nullable in every table; it refuses to say what they mean (docs/contract.md)."""

from __future__ import annotations

from pyspark.sql.types import DecimalType, LongType, StringType, StructField, StructType

MORE_SCHEMA = StructType(
    [
        StructField("quantity", LongType()),
        StructField("value", DecimalType(38, 9)),
        StructField("currency", StringType()),
        StructField("page", StringType()),
        StructField("referrer", StringType()),
        StructField("traffic_source", StringType()),
        StructField("traffic_medium", StringType()),
        StructField("campaign", StringType()),
        StructField("device", StringType()),
        StructField("country", StringType()),
        StructField("properties", StringType()),
    ]
)
MORE = tuple(MORE_SCHEMA.names)
