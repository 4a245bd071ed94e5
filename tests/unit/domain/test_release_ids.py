"""Releases, their editions and turns, from ids and days alone."""

from datetime import date

import polars as pl

from tasks.domain.release_ids import in_turns, is_republication, release_of


def releases(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, date.fromisoformat(day)) for name, day in rows],
        schema={"release_id": pl.String, "released_on": pl.Date}, orient="row",
    )  # fmt: skip


def test_the_release_of_an_edition() -> None:
    rows = releases(("abc", "2026-01-01"), ("abc.2-0f0f", "2026-01-02"), ("", "2026-01-03"))
    assert rows.select(release_of()).to_series().to_list() == ["abc", "abc", ""]


def test_an_edition_with_the_same_corrections_is_a_publication_again() -> None:
    """The first edition adds corrections; the second has the same, so only its day is new; the third has none."""
    rows = releases(("a", "2026-01-01"), ("a.2-f0", "2026-01-02"), ("a.3-f0", "2026-01-03"), ("a.4-", "2026-01-04"), ("b", "2026-01-05"))  # fmt: skip
    assert rows.select(is_republication()).to_series().to_list() == [False, False, True, False, False]


def test_turns_count_publications_and_keep_their_first_day() -> None:
    rows = releases(
        ("b", "2026-01-03"), ("a", "2026-01-01"), ("a.2-", "2026-01-05"), ("a.3-f0", "2026-01-06"), ("a.4-f0", "2026-01-09")
    )  # fmt: skip
    found = in_turns(rows).select("release_id", "name", "turn", "first_day").rows()
    assert found == [
        ("a", "a", 0, date(2026, 1, 1)), ("b", "b", 0, date(2026, 1, 3)), ("a.2-", "a", 1, date(2026, 1, 5)),
        ("a.3-f0", "a", 1, date(2026, 1, 5)), ("a.4-f0", "a", 2, date(2026, 1, 9)),
    ]  # fmt: skip
