"""Forms in which other programs find the published tables: a DuckDB file, Iceberg metadata, contracts.

Each is metadata over the Parquet of the stores, which stay what they are. What a form needs is an extra that is not
installed by default.

Belongs here: such metadata, and the contract of columns. Does not belong here: rows of one question in another format
(`answers`), SDMX with its structures (`answers.programs`).
"""
