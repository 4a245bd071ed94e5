"""Describes the columns of a table: what each holds, in which type and unit, and which values it may have.

Tables are made of these. `schemas.validation` builds the pandera schema from them, which reports what is wrong with a frame;
whether all is well, a frame can tell by itself, and no reader waits for pandera to be imported.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import polars as pl

Function = TypeVar("Function", bound=Callable[..., pl.Expr])


class Check(NamedTuple):
    """A check of the values of a column, by its name in pandera; a null passes."""

    name: str
    given: Any

    def __str__(self) -> str:
        """The text of the same check of pandera, which is part of the hash of a schema."""
        name, shown = TEXTS[self.name](self.given)
        return f"<Check {name}: {name}({shown})>"

    def holds(self, column: str) -> pl.Expr:
        """The rows that pass."""
        return RULES[self.name](pl.col(column), self.given)


RULES: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "isin": lambda values, given: values.is_in(list(given)),
    "ge": lambda values, least: values.ge(least),
    "le": lambda values, most: values.le(most),
    "str_matches": lambda values, pattern: values.str.contains(pattern if pattern[:1] == "^" else f"^{pattern}"),
    "str_length": lambda values, given: values.str.len_chars().ge(given["min_value"]),
}
TEXTS: dict[str, Callable[[Any], tuple[str, object]]] = {
    "isin": lambda given: ("isin", given),
    "ge": lambda least: ("greater_than_or_equal_to", least),
    "le": lambda most: ("less_than_or_equal_to", most),
    "str_matches": lambda pattern: ("str_matches", f"'{pattern}'"),
    "str_length": lambda given: ("str_length", f"{given['min_value']}, None"),
}


@dataclass(frozen=True)
class Column:
    """A column of a table; `kind` is its Polars type, which the annotation of the field gives."""

    description: str
    unit: str | None
    nullable: bool
    unique: bool
    checks: tuple[Check, ...]
    kind: pl.DataType = pl.Null()  # noqa: RUF009  (set by the table)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The texts that it may hold; empty if any."""
        if isinstance(self.kind, pl.Enum):
            return tuple(self.kind.categories)
        return next((tuple(check.given) for check in self.checks if check.name == "isin"), ())

    def doubts(self, name: str) -> list[pl.Expr]:
        """What must hold of a frame: one truth each."""
        values, found = pl.col(name), [check.holds(name).all() for check in self.checks]
        if not self.nullable:
            found.append(~values.is_null().any())
            if self.kind.is_float():
                found.append(~values.is_nan().any())
        if self.unique:
            found.append(values.is_unique().all())
        return found


def column(
    description: str, unit: str | None = None, *, nullable: bool = False, unique: bool = False, **checks: Any
) -> Any:
    """Define a column, which must say what it holds and, where it is a quantity, in which unit.

    Args:
        description: What it holds.
        unit: Its unit.
        nullable: Whether it may be null.
        unique: Whether no value comes twice.
        checks: Names of `RULES` with what they are given: `isin=("export", "import")`.
    """
    made = tuple(Check(name, given) for name, given in checks.items())
    if unknown := [check.name for check in made if check.name not in RULES]:
        raise TypeError(f"a column has no check {unknown[0]!r}; the checks are {', '.join(RULES)}")
    return Column(description, unit, nullable, unique, made)


def rule(function: Function) -> Function:
    """Mark a method of a table as a rule over several columns: it returns the rows that pass."""
    function.is_rule = True  # type: ignore[attr-defined]
    return function


class TableType(type):
    """Collects the columns and rules of a table when it is defined, those of the table that it extends first."""

    columns: dict[str, Column]
    rules: dict[str, Callable[[], pl.Expr]]
    # Whether a frame may have other columns too, in any order.
    carries_more: bool

    def __init__(cls, name: str, bases: tuple[type, ...], fields: dict[str, Any]) -> None:
        super().__init__(name, bases, fields)
        kinds = fields.get("__annotations__", {})
        own = {field: column for field, column in fields.items() if isinstance(column, Column)}
        if incomplete := sorted({*own} ^ {*kinds}):
            raise TypeError(f"{name}.{incomplete[0]} needs a Polars type and a column(...)")
        above = [base for base in bases if isinstance(base, TableType)]
        cls.columns = {field: column for base in above for field, column in base.columns.items()}
        cls.columns |= {field: replace(column, kind=_instance(kinds[field])) for field, column in own.items()}
        cls.rules = {field: check for base in above for field, check in base.rules.items()}
        cls.rules |= {field: getattr(cls, field) for field in fields if hasattr(getattr(cls, field), "is_rule")}


def _instance(kind: Any) -> pl.DataType:
    made: pl.DataType = kind() if isinstance(kind, type) else kind
    return made
