"""What a scope covers and what a ledger says on a day, in plain Python: an opinion of its own next to the vectorised
code.

Slow, obvious, and written from the tables' descriptions, not from `tasks`. Releases and numbers are the rows of
`statements`.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]
KINDS = ("yearbook", "query", "bulletin", "preliminary", "published")
NUMBER = (
    "source",
    "reporter",
    "flow",
    "product",
    "classification",
    "partner",
    "period_start",
    "period_end",
    "measure",
    "unit",
)


REFERENCE = Path(__file__).parents[2] / "schemas" / "reference"


def keys_of_lists() -> set[str]:
    """The partner keys that some row of a code list has."""
    found = set()
    for name in ("partner_codes", "partners"):
        with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found |= {row["partner"] for row in csv.DictReader(file)}
    return found


KEYS = keys_of_lists()


class Word(NamedTuple):
    """What stands: the value, the worth of its last digit, and who said it first."""

    value: int
    resolution: int
    release_id: str


def family(measure: str) -> str:
    if measure.endswith("_yoy"):
        return "quantity_yoy"
    return "quantity" if measure.startswith("quantity") else measure


def digits_of_records(release: Row) -> int:
    """How many digits the codes in the file have."""
    return int((release["classification"] or "HS0").lstrip("HSCNJPT"))


def asks_for(release: Row, product: str) -> bool:
    """Whether a code stands in the list of what was asked for, by itself or by one above it."""
    if not product.isdigit():
        return product in release["products"]
    return any(code == "*" or (code.isdigit() and product.startswith(code)) for code in release["products"])


def names_partner(release: Row, partner: str) -> bool:
    """Whether the release speaks of a partner, also by not having it. A file with totals alone knows no partners."""
    if release["partners"] == "keys":
        return False
    return partner in release["partner_list"] or (release["partners"] == "all" and release["partner_list"] != ["WLD"])


def has_a_code_without_a_place(release: Row, month: int) -> bool:
    text = f"{month // 12}-{month % 12 + 1:02d}"
    return any(
        ":" in partner and partner not in KEYS and there == text
        for partner, there in (place.split() for place in release["unlisted"])
    )


def groups_are_open(releases: list[Row], month: int) -> bool:
    """Whether a member of a group may be missing, of releases that speak of a cell of a month.

    The last word of the best kind decides: the last release of every partner, or a later one with a code that no list
    names.
    """
    telling = [row for row in releases if names_partner(row, "anybody") or has_a_code_without_a_place(row, month)]
    best = min((KINDS.index(row["kind"]) for row in telling), default=None)
    of_best = [row for row in telling if KINDS.index(row["kind"]) == best]
    return bool(of_best) and has_a_code_without_a_place(
        max(of_best, key=lambda row: (row["released_on"], row["release_id"])), month
    )


def lost_a_record(release: Row, product: str, month: int, of_family: str) -> bool:
    """Whether a number of this family is hidden or was set aside that may have been one of this product, or below it,
    in this month."""
    for code, text, *families in (place.split(" ") for place in release["lost"]):
        if families and families != [of_family]:
            continue
        of_product = code in ("*", product) or (product.isdigit() and code.startswith(product))
        if of_product and text in ("*", f"{month // 12}-{month % 12 + 1:02d}"):
            return True
    return False


def covers_period(release: Row, start: date, end: date) -> bool:
    is_month = (start.year, start.month, start.day) == (end.year, end.month, 1)
    months = index(release["first_month"]), index(release["last_month"])
    if release["by_month"]:
        return is_month and months[0] <= index(start) <= months[1]
    return start.day == 1 and (index(start), index(end)) == months


def index(day: date) -> int:
    return day.year * 12 + day.month - 1


def days_of_speech(releases: list[Row]) -> dict[str, date]:
    """As of which day the word of each release counts: that of an edition with other corrections as of what it
    corrects."""
    days: dict[str, date] = {}
    last: dict[str, tuple[str, date]] = {}
    for row in sorted(releases, key=lambda row: (row["released_on"], row["release_id"])):
        name, _, edition = row["release_id"].partition(".")
        said = edition.partition("-")[2]
        before = last.get(name)
        day = row["released_on"] if before is None or before[0] == said else before[1]
        last[name], days[row["release_id"]] = (said, day), day
    return days


def out_of_force(decisions: list[Row], day: date) -> set[str]:
    """The releases that do not count at the end of `day`: withdrawn, or replaced by one that is not. None of them has
    editions."""
    withdrawn: set[str] = set()
    for row in sorted(decisions, key=lambda row: (row["decided_on"], row["number"])):
        if row["decided_on"] <= day and row["kind"] == "withdrawn":
            withdrawn.add(row["release_id"])
        elif row["decided_on"] <= day and row["kind"] == "reinstated":
            withdrawn.discard(row["release_id"])
    replaced = [row for row in decisions if row["kind"] == "replaced" and row["replaced_by"] not in withdrawn]
    return withdrawn | {row["release_id"] for row in replaced}


def replay(
    releases: list[Row], numbers: list[Row], day: date, decisions: list[Row] | None = None
) -> dict[tuple[Any, ...], Word]:
    """The last word on each number at the end of `day`, by going through the days one by one with a dictionary.

    What does not count at the end of that day was never there.
    """
    out = out_of_force(decisions or [], day)
    releases = [row for row in releases if row["release_id"] not in out]
    numbers = [row for row in numbers if row["release_id"] not in out]
    public = {release["release_id"]: release["released_on"] for release in releases}
    spoken: dict[tuple[date, tuple[Any, ...]], list[tuple[bool, date, str, int, int]]] = {}
    said: dict[tuple[tuple[Any, ...], str], dict[date, list[Row]]] = {}
    for row in numbers:
        key = tuple(row[name] for name in NUMBER)
        said.setdefault((key, row["release_id"]), {}).setdefault(row["known_from"], []).append(row)
    for (key, release_id), days in said.items():
        for known_from, rows in days.items():
            value, resolution = sum(row["value"] for row in rows), max(row["resolution"] for row in rows)
            spoken.setdefault((known_from, key), []).append((True, public[release_id], release_id, value, resolution))
    for release in releases:
        for key in {key for key, _ in said}:
            if (key, release["release_id"]) not in said and _speaks_of(release, key):
                spoken.setdefault((release["released_on"], key), []).append(
                    (False, release["released_on"], release["release_id"], 0, 0)
                )
    priority: dict[tuple[Any, ...], Word] = {}
    for when, key in sorted(spoken, key=lambda place: place[0]):
        if when > day:
            break
        is_number, _, release_id, value, resolution = _last_of_day(spoken[when, key])
        before = priority.get(key)
        if not is_number:
            priority.pop(key, None)
        elif before is not None and resolution > before.resolution and abs(value - before.value) < resolution:
            continue  # the same with fewer digits
        elif before is None or (before.value, before.resolution) != (value, resolution):
            priority[key] = Word(value, resolution, release_id)
    return priority


def _last_of_day(words: list[tuple[bool, date, str, int, int]]) -> tuple[bool, date, str, int, int]:
    """Of the words of a day the latest number, or the one before it of which it is just some digits."""
    last, *later = sorted(words)
    for word in later:
        if not (last[0] and word[4] > last[4] and abs(word[3] - last[3]) < word[4]):
            last = word
    return last


def _speaks_of(release: Row, key: tuple[Any, ...]) -> bool:
    source, reporter, flow, product, _, partner, start, end, measure, _ = key
    return (
        (release["source"], release["reporter"], release["flow"]) == (source, reporter, flow)
        and asks_for(release, product)
        and (not product.isdigit() or len(product) == digits_of_records(release))
        and names_partner(release, partner)
        and family(measure) in release["measures"]
        and covers_period(release, start, end)
        and not lost_a_record(release, product, index(end), family(measure))
    )
