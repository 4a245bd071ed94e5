"""Fields of fixed width, block by block: places, blocks that end where lines end, letters of one byte."""

import io
from collections.abc import Sequence

import pytest

from tasks.domain.errors import Refused
from tasks.sources.formats import fixed_width
from tasks.sources.formats.fixed_width import Member, layout_of, members_of, read_blocks, stated_layout
from tests.unit.census_archive import packed

LAYOUT = layout_of([("code", 3), ("name", 5), ("amount", 4)])


def rows(data: bytes, texts: Sequence[str] = ("code", "name"), numbers: Sequence[str] = ("amount",)) -> list[tuple]:
    frames = read_blocks(Member("F.TXT", lambda: io.BytesIO(data)), LAYOUT, texts, numbers, "archive.zip")
    return [row for frame in frames for row in frame.rows()]


def test_fields_are_read_by_their_places() -> None:
    data = b"001 ab    12\r\n002cdefg-300\r\n003x     +07\r\n"
    expected = [(1, "001", "ab", 12), (2, "002", "cdefg", -300), (3, "003", "x", 7)]
    assert rows(data) == rows(data.replace(b"\r\n", b" later\n")) == expected
    # What is not read may be short.
    assert rows(b"001\n0020\n", ["code"], []) == [(1, "001"), (2, "002")]


def test_a_letter_of_another_alphabet_moves_no_field() -> None:
    assert rows("001CÔTE    7\n".encode("latin-1")) == [(1, "001", "C?TE", 7)]


@pytest.mark.parametrize("size", [1, 5, 13, 14, 15, 40, 1_000])
def test_blocks_end_where_lines_end(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_width, "BLOCK_BYTES", size)
    data = b"".join(b"%03dname %4d\r\n" % (number, number) for number in range(30))
    assert rows(data) == [(number + 1, f"{number:03d}", "name", number) for number in range(30)]


@pytest.mark.parametrize(
    ("data", "rule", "where"),
    [
        (b"", "no records", "archive.zip, F.TXT"),
        (b"001name    1\n001name    x\n", "no number", "record 2, field amount"),
        (b"001name    1\n001name   \n", "row width", "record 2"),
        (b"001name    1\n\n", "row width", "record 2"),
        # A letter more moves the fields behind it.
        (b"001name    1\n001nname    1\n", "row width", "record 2"),
        (b"001name    1 \n001name    1\n", "row width", "record 2"),
        (b"001name    1\n001name    1", "no final newline", "F.TXT"),
        (b"001name    1\n001na\0e    1\n", "not a table", "F.TXT"),
        (b"001name    1\r001name    1\n", "not a table", "F.TXT"),
        (b"x" * 20_000, "not a table", "F.TXT"),
    ],
)
def test_what_is_no_table_of_fixed_width_is_refused(data: bytes, rule: str, where: str) -> None:
    with pytest.raises(Refused) as refused:
        rows(data)
    assert (refused.value.rule, where in refused.value.where) == (rule, True)


def test_a_description_states_places_by_names_in_small_letters() -> None:
    text = "FILENAME: X.TXT\n***\n01-10 \tCommodity  10-Digit code\n\n 11 - 14\tcty_code\t4-Digit\n9-2 wrong  x\n"
    assert stated_layout(text) == {"commodity": (0, 10), "cty_code": (10, 4)}


def test_members_go_by_their_names_without_folders_in_small_letters() -> None:
    there = members_of(packed({"A/": b"", "A/One.TXT": b"1", "TWO.txt": b"2", "__MACOSX/One.TXT": b"x"}), "a.zip")
    assert {name: member.opened().read() for name, member in there.items()} == {"one.txt": b"1", "two.txt": b"2"}
    assert list(members_of(b"text\n", "folder/IMP.TXT")) == ["imp.txt"]
