"""Each type of a frame names the table whose model has its name."""

from typing import get_args

import polars as pl

from schemas import frames
from schemas.tables.catalog import MODELS


def test_a_type_of_a_frame_names_the_table_whose_model_has_its_name() -> None:
    named = {name: get_args(kind) for name, kind in vars(frames).items() if name[0].isupper() and name != "Annotated"}
    assert len(named) > 10
    assert named == {MODELS[table].__name__: (frame, table) for frame, table in named.values()}
    assert {frame for frame, _ in named.values()} == {pl.DataFrame}
