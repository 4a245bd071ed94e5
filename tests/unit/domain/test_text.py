"""Counts and foreign text in messages."""

import pytest

from tasks.domain.text import NAMED_MAX, clip, clip_bytes, counted, named


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files"), (-1, "-1 files")]
)
def test_a_number_of_things(number: int, text: str) -> None:
    assert counted(number, "file") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""), ("x" * 80, "x" * 80), ("x" * 81, "x" * 80 + "… (81 characters)"), ("a\x1bb\n", "a\\x1bb\\x0a"), ("数据", "数据"),
    ],
)  # fmt: skip
def test_foreign_text_is_short_and_printable(text: str, shown: str) -> None:
    assert clip(text) == shown


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"plain", "plain"), ("数据".encode(), "数据"), (b"\xff\xff\xff\xff\xff", "\\xff" * 5)],
)
def test_bytes_in_either_encoding_and_in_none(data: bytes, text: str) -> None:
    assert clip_bytes(data).replace("\\\\", "\\") == text


def test_names_are_sorted_and_cut_after_twenty() -> None:
    assert named([]) == ""
    assert named({"b", "a"}) == "a, b"
    many = [f"{number:02d}" for number in range(NAMED_MAX + 1)]
    assert named(many[:-1]).endswith(", 19")
    assert named(many).endswith(", 19, and more")
