"""What all questions share: a frozen class of typed fields, each with its help, and the fields that several have.

A question keeps what a person or a program wrote: names, months and days as text. Every command reads these classes
before it does anything, so they are dataclasses; `checks` makes the model of pydantic from them, which takes longer to
import than all commands.
"""

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import Field, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, dataclass_transform, get_args

from schemas.figures import FIGURE_OF

# The largest number that a field takes.
NUMBER_MAX = 10**9
# One text or several: any of them matches; none: all.
Texts = str | Iterable[str] | None


class Help:
    """The help of a field: a sentence without its first capital and full stop, and what its values are."""

    __slots__ = ("choices", "least", "most", "text")

    def __init__(
        self, text: str, *, choices: Sequence[str] = (), least: int | None = None, most: int | None = None
    ) -> None:
        self.text = text
        # Of the texts that a field takes where these are few, and its type cannot list them.
        self.choices = tuple(choices)
        self.least = least
        self.most = most


@dataclass_transform(frozen_default=True)
class Form:
    """A frozen class of fields; what is annotated in it is a field."""

    def __init_subclass__(cls, **options: bool) -> None:
        dataclass(frozen=True, eq=False, repr=False, **options)(cls)


class Question(Form, kw_only=True):
    """A question about published tables. Its docstring is the help of a command and a tool: a paragraph or two, and
    then what Python programs get."""

    # The field that a command takes as a word, not as an option.
    WORD: ClassVar[str] = ""
    store: Annotated[str | Path | None, Help("the published tables: a folder, or s3://bucket/prefix")] = None


class OfReporter(Question, kw_only=True):
    """A question about the figures of one reporter."""

    reporter: Annotated[str | None, Help("whose figures, as CHN or EU27; none: the only reporter of the store")] = None


def fields_of(question: type[Form]) -> "Iterator[Field[Any]]":
    """Yield the fields of a question: its own, and then those that it shares with others, as the store."""
    by_name = {field.name: field for field in fields(question)}  # type: ignore[arg-type]  # made a dataclass by `Form`
    names = (name for one in question.__mro__ for name in inspect.get_annotations(one))
    yield from (by_name[name] for name in dict.fromkeys(names) if name in by_name)


def help_of(field: "Field[Any]") -> Help:
    """Return the help of a field. Raises TypeError for one without."""
    # The last one is that of the question; one before it is that of an alias.
    for one in reversed(getattr(field.type, "__metadata__", ())):
        if isinstance(one, Help):
            return one
    raise TypeError(f"the field {field.name} has no help")


def type_of(field: "Field[Any]") -> Any:
    """Return the type of a field without its help; where the help lists the choices, a Literal of them."""
    plain, choices = get_args(field.type)[0], help_of(field).choices
    return Literal[choices] if choices else plain


def takes_several(field: "Field[Any]") -> bool:
    """Whether a field takes several texts."""
    return Iterable[str] in get_args(type_of(field))


def summary_of(question: type[Form]) -> str:
    """Return what a question asks: its docstring without what Python programs get."""
    paragraphs = (question.__doc__ or "").split("\n\n")
    about = [one for one in paragraphs if not one.lstrip().startswith((">>>", "Returns:", "Raises:", "Warns:"))]
    return "\n\n".join(" ".join(one.split()) for one in about)


def texts(given: Texts) -> tuple[str, ...]:
    """Return the texts of a field that takes several; none without one."""
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


PRODUCT = "name or code: soybeans, 大豆, 1201.90.19, line:… or basket:…"
PARTNER = "name or code: Brazil, 巴西, BRA, BR, world, EU"
# Fields that several questions have.
Product = Annotated[str, Help(PRODUCT)]
Products = Annotated[Texts, Help(PRODUCT)]
Partner = Annotated[str, Help(PARTNER)]
Partners = Annotated[Texts, Help(PARTNER)]
Month = Annotated[str, Help("2024-06, June 2024, latest, or a range: 2024-01..2024-06")]
OneMonth = Annotated[str, Help("one month: 2024-06, June 2024 or latest")]
Months = Annotated[Texts, Help("2024-06, June 2024, latest, or a range: 2024-01..2024-06; none: all")]
Measure = Annotated[str, Help("measure of the table metric: quantity_kg, value_usd, value_cny …")]
Metric = Annotated[str, Help("figure of the table metric", choices=tuple(FIGURE_OF))]
Direction = Literal["export", "import"]
Flow = Annotated[Direction | None, Help("direction; none: the one that there is, exports of both")]
Language = Annotated[Literal["en", "zh"], Help("language of names and words")]
Day = Annotated[date | str | None, Help("as it was known on this day, YYYY-MM-DD; none: now")]
