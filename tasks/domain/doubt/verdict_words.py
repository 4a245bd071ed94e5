"""Says a verdict on a growth in words, in either language: why it is quoted with care, or what it is from where it is
not to be quoted.

Belongs here: the words of a verdict. Does not belong here: how a growth is judged (`ledger.quotable`), and the
sentences in which it stands.
"""

import functools
from collections.abc import Collection, Mapping
from typing import Any

from schemas.figures import FIGURE_OF
from schemas.forms.verdict import Caveat, Verdict
from schemas.names import CAVEATS
from schemas.reference.code_tables import code_table
from tasks.domain.numbers import MASS, size

SIZES = ("base", "usual", "step")
# What a verdict "no" says by itself.
OF_THE_BASE = ("nearly_nothing", "low_base")
SIGNS = {"en": ("; ", " (", ")"), "zh": ("；", "（", "）")}
# The numbers of a series that its caveats are said with.
NUMBERS_OF = {
    "nearly_nothing": ("base", "step"),
    "low_base": ("base", "usual"),
    "sign_flips": ("flips",),
    "revision_noise": ("largest", "revised", "months"),
    "coverage": ("kinds",),
    "implied_base": (),
}
assert [*NUMBERS_OF] == [*CAVEATS]
NUMBERS = tuple(dict.fromkeys(name for names in NUMBERS_OF.values() for name in names))


def verdict_of(row: Mapping[str, Any]) -> Verdict:
    """Return the verdict of a row of `verdicts`."""
    caveats = (Caveat(name=name, numbers={one: row[one] for one in NUMBERS_OF[name]}) for name in row["caveats"])
    return Verdict(answer=row["quote"], caveats=tuple(caveats))


@functools.cache
def quote_words(language: str) -> dict[str, str]:
    """Return what is said of growths in a language, by the name of the words."""
    return dict(code_table("quotability_words").select("word", language).iter_rows())


def caveat_words(caveat: Caveat, measure: str, language: str) -> str:
    """Say what speaks against a growth, with the numbers behind it."""
    sizes = {name: size(value, measure, language) if name in SIZES else value for name, value in caveat.numbers.items()}
    return quote_words(language)[caveat.name].format(**sizes)


def no_words(numbers: Mapping[str, float], measure: str, language: str) -> str:
    """Say of a growth that is not to be quoted what it is from, and usually is."""
    t, sizes = quote_words(language), {name: size(one, measure, language) for name, one in numbers.items()}
    what = t["tonnes" if measure == MASS else "amounts" if "value_" in measure else "numbers"]
    return t["no_usual" if "usual" in sizes else "no_base"].format(**sizes, what=what)


def verdict_words(
    verdict: Verdict, measure: str, language: str, *, shared: Collection[str] = (), doubt: str = ""
) -> str:
    """Say what keeps a growth from being quoted; empty where nothing does. Caveats that are `shared` stand elsewhere,
    and `doubt` is said before them. Of one that is not to be quoted the levels are said instead."""
    t, (semicolon, begin, end) = quote_words(language), SIGNS[language]
    if verdict.answer == "no":
        numbers = {name: one for each in verdict.caveats for name, one in each.numbers.items() if name in SIZES}
        texts_said = no_words(numbers, measure, language)
        shared = (*shared, *OF_THE_BASE)
    else:
        texts_said = t["care"]
    caveats = [caveat_words(one, measure, language) for one in verdict.caveats if one.name not in shared]
    if doubt:
        caveats = [doubt, *caveats]
    if not caveats:
        return texts_said if verdict.answer == "no" else ""
    return f"{texts_said}{begin}{semicolon.join(caveats)}{end}"


def said_of(row: Mapping[str, Any], language: str) -> str:
    """Say the verdict of a row of `verdicts`; empty where the growth may be quoted."""
    return verdict_words(verdict_of(row), row["measure"], language)


def from_base(row: Mapping[str, Any], figure: str, language: str = "en") -> str:
    """Say in place of a growth that is not to be quoted what it is from: from 25 kg; a dash where trade fell to
    nothing, and the row does not say from what."""
    ratio = 1 + row[figure] / 100
    if not ratio:
        return "–"
    base = round(row["ytd" if FIGURE_OF[figure].is_so_far else "level"] / ratio, 6)
    return from_words(base, row["measure"], language)


def from_words(base: float, measure: str, language: str) -> str:
    """Say what a growth is from: from 25 kg."""
    return quote_words(language)["from"].format(base=size(base, measure, language))
