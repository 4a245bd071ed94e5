"""What all questions share: a frozen class of typed fields, each with its help, and the fields that several have.

A question keeps what a person or a program wrote: names, months and days as text. Every command reads these classes
before it does anything, so they are dataclasses, and become these late; `checks` makes the model of pydantic from them,
which takes longer to import than all commands.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, dataclass_transform, get_args, get_origin

from schemas.figures import FIGURE_OF

# How much alike a value and the choice are that may be meant.
LIKENESS_MIN = 0.7
# The largest number that a field takes.
NUMBER_MAX = 10**9
# The most rows that a tool answers with.
ROWS_MAX = 200
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


class FormField(NamedTuple):
    """A field of a form; `default` is MISSING where it must be given."""

    name: str
    type: Any
    default: Any
    kw_only: bool


@dataclass_transform(frozen_default=True)
class Form:
    """A frozen class of fields; what is annotated in it is a field. It becomes a dataclass when the first one is made:
    a command reads the fields of all forms and makes one or two of them."""

    KEYWORDS_ONLY: ClassVar[bool] = False

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        cls.KEYWORDS_ONLY = kw_only

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """An object of a class that is a dataclass by now."""
        for one in reversed(cls.__mro__):
            if issubclass(one, Form) and one is not Form and "__dataclass_fields__" not in one.__dict__:
                dataclass(frozen=True, eq=False, repr=False, kw_only=one.KEYWORDS_ONLY)(one)
        return super().__new__(cls)


class Question(Form, kw_only=True):
    """A question about published tables. Its docstring is the help of a command and a tool: a paragraph or two, and
    then what Python programs get."""

    # The field that a command takes as a word, not as an option.
    ARGUMENT: ClassVar[str] = ""
    # The function that answers programs, `module:function`, whose name is that of the function of the package and of
    # the tool; it is loaded when it is called. Empty: only its command asks the question.
    ANSWER: ClassVar[str] = ""
    # What a Python program gets, by the full name of its type.
    RETURNS: ClassVar[str] = "polars.DataFrame"
    # Which programs may ask it: those in Python, and those that call tools.
    FACES: ClassVar[tuple[Literal["python", "tool"], ...]] = ("python", "tool")
    # How a tool is asked for fewer rows; empty: it has none.
    NARROW: ClassVar[str] = f"rows={ROWS_MAX}"
    store: Annotated[str | Path | None, Help("the published tables: a folder, or s3://bucket/prefix")] = None


class OfReporter(Question, kw_only=True):
    """A question about the figures of one reporter."""

    reporter: Annotated[str | None, Help("whose figures, as CHN or EU27; none: the only reporter of the store")] = None


class OfReporters(Question, kw_only=True):
    """A question about the figures of one reporter or several."""

    reporter: Annotated[Texts, Help("whose figures, as CHN or EU27; none: the only reporter of the store")] = None

    @property
    def reporters(self) -> tuple[str, ...]:
        """The reporters that are named, each once."""
        return tuple(dict.fromkeys(texts(self.reporter)))


def fields_of(form: type[Form]) -> Iterator[FormField]:
    """Yield the fields of a form: its own, and then those that it shares with others, as the store."""
    known = set[str]()
    for one in form.__mro__:
        is_keyword = one.__dict__.get("KEYWORDS_ONLY", False)
        for name, kind in inspect.get_annotations(one).items():
            is_keyword |= kind is KW_ONLY
            origin: Any = get_origin(kind)
            if kind is not KW_ONLY and origin is not ClassVar and name not in known:
                known.add(name)
                yield FormField(name, kind, getattr(form, name, MISSING), is_keyword)


def help_of(field: FormField) -> Help:
    """Return the help of a field. Raises TypeError for one without."""
    # The last one is that of the question; one before it is that of an alias.
    for one in reversed(getattr(field.type, "__metadata__", ())):
        if isinstance(one, Help):
            return one
    raise TypeError(f"the field {field.name} has no help")


def type_of(field: FormField) -> Any:
    """Return the type of a field without its help; where the help lists the choices, a Literal of them."""
    plain, choices = get_args(field.type)[0], help_of(field).choices
    return Literal[choices] if choices else plain


def takes_several(field: FormField) -> bool:
    """Whether a field takes several texts."""
    return Iterable[str] in get_args(type_of(field))


def summary_of(question: type[Form]) -> str:
    """Return what a question asks: its docstring without what Python programs get."""
    paragraphs = (question.__doc__ or "").split("\n\n")
    about = [one for one in paragraphs if not one.lstrip().startswith((">>>", "Returns:", "Raises:", "Warns:"))]
    return "\n\n".join(" ".join(one.split()) for one in about)


def sign(function: Callable[..., Any], parameters: Sequence[inspect.Parameter], answer: Any) -> None:
    """Give a function the parameters of a question, by which Typer, MCP and `help` say what it takes.

    They ask `inspect.signature`, which looks at `__signature__` first: no function could be written out for a question
    without saying its fields again.
    """
    function.__signature__ = inspect.Signature(parameters, return_annotation=answer)  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters}


def no_choice(field: str, given: str, choices: Sequence[str]) -> str:
    """Return the sentence about a value of a field that is none of its choices; `given` as it is quoted.

    >>> no_choice("flow", "'exports'", ["export", "import"])
    "there is no flow 'exports'; the nearest: export; there are export and import"
    """
    # Only a mistake needs it.
    import difflib

    plain, by_folded = given.strip("'\"").casefold(), {choice.casefold(): choice for choice in choices}
    begin = [folded for folded in by_folded if plain and folded.startswith(plain)]
    closest = next(iter([*begin, *difflib.get_close_matches(plain, by_folded, 1, LIKENESS_MIN)]), None)
    *most, last = choices
    listed = f"{', '.join(most)} and {last}" if most else last
    return f"there is no {field} {given}{f'; the nearest: {by_folded[closest]}' if closest else ''}; there are {listed}"


def texts(given: Texts) -> tuple[str, ...]:
    """Return the texts of a field that takes several; none without one."""
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


PRODUCT = "name or code: soybeans, 大豆, 1201.90.19, line:…, basket:… or sitc:…"
PARTNER = "name or code: Brazil, 巴西, BRA, BR, world, EU"
# Fields that several questions have.
Product = Annotated[str, Help(PRODUCT)]
Products = Annotated[Texts, Help(PRODUCT)]
Partner = Annotated[str, Help(PARTNER)]
Partners = Annotated[Texts, Help(PARTNER)]
Month = Annotated[str, Help("2024-06, June 2024, a day of it, latest, or a range: 2024-01..2024-06")]
OneMonth = Annotated[str, Help("one month: 2024-06, June 2024, a day of it, or latest")]
Months = Annotated[Texts, Help("2024-06, June 2024, a day of it, latest, or a range: 2024-01..2024-06; none: all")]
Measure = Annotated[str, Help("measure of the table metric: quantity_kg, value_usd, value_cny …")]
Metric = Annotated[str, Help("figure of the table metric", choices=tuple(FIGURE_OF))]
Direction = Literal["export", "import"]
Flow = Annotated[Direction | None, Help("direction; none: the one that there is, exports of both")]
Language = Annotated[Literal["en", "zh"], Help("language of names and words")]
Day = Annotated[date | str | None, Help("as it was known on this day, YYYY-MM-DD; none: now")]
