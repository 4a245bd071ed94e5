"""The texts that a store has for people who find it: what to read, in which program.

Belongs here: these texts and their names. Does not belong here: when they are written (`objects`, `s3_store`).
"""

README_NAME = "README.txt"
README = b"""\
These are the published tables of one reporting country, written by Tidewaiter.

Read the folder current/<table>, here or as a link of your own. It has every figure once, and all tables change at once.
The folders whose names begin with a dot have every published state; a program that reads them counts figures several
times.

  Polars   pl.scan_parquet("current/metric")
  DuckDB   from read_parquet('current/metric/**/*.parquet', hive_partitioning = true)
  pandas   pandas.read_parquet("current/metric")
  R        arrow::open_dataset("current/metric")
  Python   tidewaiter.read("magnets", partner="USA", store="..")

The stores of several countries, from the folder above: read_parquet('reporter=*/current/metric/**/*.parquet').
Each measure, each total (WLD, EU27) and each level of codes has rows of its own: filter measure, partner and product
before you add up. The columns, with their units: DICTIONARY.md and docs/readers.md of Tidewaiter.

What this state is, with the licences of its sources: .current/README.md; for programs .current/datapackage.json
(Frictionless) and .current/croissant.json.

To read several tables of one state while others are published, ask once where it lies: tidewaiter resolve metric.
A bucket has no folder current: ask there always.
"""
# A wildcard over all tables (store/**/*.parquet) meets this file, and the reader stops at its name.
NO_TABLE_NAME = ".see_README.txt.parquet"
NO_TABLE = b"This is no table. Read the folders below current, as README.txt says.\n"
