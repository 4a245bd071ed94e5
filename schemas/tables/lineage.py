"""Defines the lineage: one record for each step of each release."""

import polars as pl

from schemas.model import Table, column


class Lineage(Table):
    """What a step was given and what it made, by hash. Clock, host and run ids are in the lineage events, not here.

    So the table is the same whenever and wherever the release is processed, and can be part of hashed content.
    """

    release_id: pl.String = column("release that was processed")
    position: pl.UInt32 = column("place of the step on the way, the first is 1", ge=1)
    step: pl.String = column("name of the step")
    code_sha256: pl.String = column("hash of the source of Tidewaiter that ran the step, with its code tables")
    schema_sha256: pl.String = column("hash of the schemas of what the step makes")
    inputs: list[str] = column("name=sha256 of each thing the step was given")
    outputs: list[str] = column("name=sha256 of each thing the step made")
    rows_in: pl.Int64 = column("rows of the frames given", "row", ge=0)
    rows_out: pl.Int64 = column("rows of the frames made", "row", ge=0)
    parameters: pl.String = column("small arguments as a JSON object")
    versions: pl.String = column("versions of the libraries that shape the result, as a JSON object")
