"""Asks all questions about a frame at once, before pandera asks one of each column.

Belongs here: whether a frame passes a schema. Which of its cells do not, and how that reads, is pandera's: it is asked
whenever the quick answer is not a plain yes. A small table has twenty columns, and a release validates forty of them.
"""

from typing import Any

import pandera.polars as pa
import polars as pl

# A column copies its checks when it is made, with what they can be asked of at that time: Polars must be among it by then.
pa.DataFrameSchema.register_default_backends(pl.DataFrame)


class QuickSchema(pa.DataFrameSchema):
    """A schema that finds a sound frame sound with one query; the schema that it was made of judges every other one."""

    def __init__(self, judge: pa.DataFrameSchema) -> None:
        self.__dict__.update(judge.__dict__)
        self.judge = judge
        self._dtypes = [(name, column.dtype.type) for name, column in judge.columns.items()]
        self._never_null = [name for name, column in judge.columns.items() if not column.nullable]
        checks = [(check, name) for name, column in judge.columns.items() for check in column.checks]
        self._checks = [*checks, *((check, "*") for check in judge.checks)]
        # Pandera's own checks look at one cell after another: none fails where there are no rows.
        self._of_no_rows = [(check, key) for check, key in self._checks if not check.is_builtin_check(check.name)]
        # What the query below does not ask about is pandera's from the start.
        self._is_plain = judge.strict is True and judge.ordered and not (
            judge.unique or judge.coerce or judge.dtype or judge.parsers
            or any(column.regex or column.coerce or column.parsers or not column.required for column in judge.columns.values())
            or any(check.element_wise or check.raise_warning for check, _ in self._checks)
        )  # fmt: skip

    def validate(self, check_obj: Any, *how: Any, **named: Any) -> Any:
        """As pandera's, with its errors."""
        samples = any(named.get(part) is not None for part in ("head", "tail", "sample")) or any(how[:3])
        if isinstance(check_obj, pl.DataFrame) and self._is_plain and not samples and self.is_sound(check_obj):
            return check_obj
        return self.judge.validate(check_obj, *how, **named)

    def is_sound(self, frame: pl.DataFrame) -> bool:
        """Whether the frame has these columns, no null or NaN where none may be, and passes every check. False: or cannot be asked."""
        if list(frame.schema.items()) != self._dtypes:
            return False
        if any(frame[name].null_count() for name in self._never_null):
            return False
        try:
            answers = self._answers(frame)
            return not answers or all(pl.concat(answers, how="horizontal").collect().row(0))
        except Exception:  # whatever it is, pandera meets it too and says where
            return False

    def _answers(self, rows: pl.DataFrame) -> list[pl.LazyFrame]:
        """One yes or no of each check, and of what a column itself demands, each under a name of its own."""
        answers, frame = list[pl.LazyFrame](), rows.lazy()
        for place, (check, key) in enumerate(self._checks if rows.height else self._of_no_rows):
            passed = pl.all().is_null() | pl.all() if check.ignore_na else pl.all().fill_null(False)
            asked = check.get_backend(frame)(check).apply(pa.PolarsData(frame, key))
            answers.append(asked.select(passed.all().alias(f"check {place}")))
        floats = [name for name in self._never_null if rows.schema[name].is_float()]
        unique = [name for name, column in self.columns.items() if column.unique]
        if rows.height and (floats or unique):
            answers.append(
                frame.select(
                    *(pl.col(name).is_not_nan().all().alias(f"number in {name}") for name in floats),
                    *(pl.col(name).is_unique().all().alias(f"once in {name}") for name in unique),
                )
            )
        return answers
