"""Where data lives: schemas, paths, partitions, `read_*` and `write_*`; it refuses every business rule."""
