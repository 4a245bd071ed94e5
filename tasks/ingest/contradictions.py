"""Compares what a file and its name say of themselves with its declaration.

Files that name reporter, direction or day of publication cannot be mixed up by a wrong folder or sidecar. Where the two
disagree no rule can choose, so the file is refused. Things missing from a file are not checked here.

People name a download after their request. No value is taken from the name of a file; it only raises a finding where it
clearly names another month or year, direction or currency. Digits that may be a day, a code or the month of the
download are ignored.
"""

import re
from collections.abc import Collection

from schemas.code_files import money
from schemas.forms.request import Landed
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.errors import Refused
from tasks.domain.periods import SHORT_MONTHS, Month, first_day, month_number, span_name
from tasks.domain.text import clip
from tasks.sources.adapter.protocol import Parsed

# From 2010 on, because the headings of the HS are 2001 to 2009. Digits after the month are a day, or a month without a
# year.
MONTH = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(20[1-9][0-9])"
    r"(?:[-_.]?(0[1-9]|1[0-2])(?![0-9]|[-_.][0-9]{1,2}(?![0-9]))|\s?年\s?(0?[1-9]|1[0-2])\s?月(?!\s?[0-9]{1,2}\s?日))"
)
# A year alone: no part of a code, of a day, or of a range within a year, and no edition of the nomenclature (HS2022).
YEAR = re.compile(
    r"(?<![0-9])(?<![hH][sS])(?<![0-9][-.])(20[1-9][0-9])(?![0-9]|[-.][0-9]|_[0-9]{1,2}(?![0-9])|\s?年\s?[0-9])"
)
# A month in a word, as some offices name their files: Feb_2025.
WORDED = re.compile(rf"(?<![a-z])({'|'.join(SHORT_MONTHS)})[a-z]{{0,6}}[-_ ]?(20[1-9][0-9])(?![0-9])", re.IGNORECASE)
# A name with both is ignored.
FLOWS = {
    "export": r"(?<![a-z])exp(o|orts?)?(?![a-z])|出口",
    "import": r"(?<![a-z])imp(o|orts?)?(?![a-z])|进口|进出口",
}
CURRENCIES = {
    measure: "|".join(
        rf"(?<![a-z]){name}(?![a-z])" if name.isascii() else name for name in row["file_words"].split("|")
    )
    for measure, row in money().items()
    if row["file_words"]
}


def refuse_contradictions(landed: Landed, parsed: Parsed) -> None:
    """Raises Refused where the file names another reporter or direction, or a day after the declared release day."""
    where = landed.file.name
    if parsed.reporter is not None and parsed.reporter != landed.reporter:
        raise Refused(
            "other reporter",
            where=where,
            found=f"the file reports for {clip(parsed.reporter)}, declared is {landed.reporter}",
            advice=f'Write reporter = "{parsed.reporter}" into {where}.toml next to it, or take the right file.',
        )
    if parsed.printed_on is not None and parsed.printed_on > landed.released_on:
        raise Refused(
            "printed later",
            where=where,
            found=f"the file is dated {parsed.printed_on}, declared is released_on = {landed.released_on}",
            advice=f"Write released_on = {parsed.printed_on} or a later day: the figures were not public before.",
        )
    flows = parsed.reported["flow"].drop_nulls().unique().cast(str)
    other = sorted(flow for flow in flows if landed.flow is not None and flow != landed.flow)
    if other:
        raise Refused(
            "other flow",
            where=where,
            found=f"the file has {clip(other[0])} records, declared is {landed.flow}",
            advice=f"Leave flow out of {where}.toml and of the folder names: the records say it themselves.",
        )


def months_named(name: str) -> list[tuple[int, int]]:
    """The months and years in a name, each as the numbers of its first and last month.

    >>> [span_name(*map(first_day, span)) for span in months_named("magnets_202506.csv")]
    ['2025-06']
    >>> [span_name(*map(first_day, span)) for span in months_named("85051110_2024, 2025-01..2025-06, 2025年7月.xlsx")]
    ['2024-01..2024-12', '2025-01', '2025-06', '2025-07']
    >>> months_named("39221000_2026_01-06 as of 2026-08-01, 20260801.xlsx"), months_named("200911 HS2022.csv")
    ([], [])
    """
    months = [Month.of(int(year), SHORT_MONTHS.index(month.lower()) + 1) for month, year in WORDED.findall(name)]
    name = WORDED.sub(" ", name)
    years = ((Month.of(int(year), 1), Month.of(int(year), 12)) for year in YEAR.findall(name))
    months += [Month.of(int(year), int(plain or worded)) for year, plain, worded in MONTH.findall(name)]
    return [*years, *((month, month) for month in months)]


def doubt_file_name(
    landed: Landed, measures: Collection[str], flows: Collection[str], first: int, last: int, *, says_months: bool
) -> Rows:
    """Findings where the name contradicts the release, whose months are `first` to `last` and whose directions `flows`.

    With `says_months` the file has these months in it: the name is wrong, which is a warning. Where they are only
    declared, either may be wrong.
    """
    name = landed.file.name
    # A file named after the month or the year of its download has only older months: all of them had ended.
    named = [span for span in months_named(name) if span[0] < month_number(landed.released_on)]
    is_other = [end < first or begin > last for begin, end in named]
    if named and (all(is_other) if says_months else any(is_other)):
        yield finding(
            "file_name",
            "warning" if says_months else "error",
            clip(name),
            observed=f"{', '.join(span_name(*map(first_day, span)) for span in named)} in the name",
            expected=(
                f"{span_name(first_day(first), first_day(last))},"
                f" {'as in its records' if says_months else 'as declared'}"
            ),
            advice=(
                "The months of the records are published; see that it is the file that was meant."
                if says_months
                else "See which of the two the query was for; correct months, or approve."
            ),
        )
    yield from _doubt_flow(landed, flows)
    currency = _only_one(CURRENCIES, name)
    if currency and currency not in measures and not {*CURRENCIES}.isdisjoint(measures):
        yield finding(
            "file_name",
            "warning",
            clip(name),
            observed=f"{currency.removeprefix('value_').upper()} in the name",
            expected="the currency of its title",
            advice="The title counts; if it was edited, download the file again.",
        )


def _doubt_flow(landed: Landed, flows: Collection[str]) -> Rows:
    """A finding where the name has another direction than the release: an error where a person declared it."""
    name, is_declared = landed.file.name, landed.flow is not None
    flow = _only_one(FLOWS, name)
    if flow and flow not in flows:
        yield finding(
            "file_name",
            "error" if is_declared else "warning",
            clip(name),
            observed=f"{flow} in the name",
            expected=f"{' and '.join(sorted(flows))}, as {'declared' if is_declared else 'in its records'}",
            advice="See which of the two the file is about; correct flow, take the right file, or approve.",
        )


def _only_one(words: dict[str, str], name: str) -> str | None:
    meanings = [meaning for meaning, pattern in words.items() if re.search(pattern, name, re.IGNORECASE)]
    return meanings[0] if len(meanings) == 1 else None
