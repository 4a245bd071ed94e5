"""Small files of every kind are read or refused within a second."""

import os
import time
from pathlib import Path

import pytest

from schemas.small_files import JSON_BYTES_MAX, KEY_PARTS_MAX, TOML_BYTES_MAX, read_json, read_small, read_toml

KEY = ".".join("k" * 50_000)
NESTED = 100_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{KEY} = 1", "a key of 50,000 parts"),
        (f"[{KEY}]", "a key of 50,000 parts"),
        (f"[[{KEY}]]", "a key of 50,000 parts"),
        (f"a = {{ {KEY} = 1 }}", "a key of 50,000 parts"),
        (f"a = 1\n{'.'.join(['k'] * 17)} = 1", "a key of 17 parts in line 2"),
        (" . ".join(['"k\\"="'] * 50_000) + " = 1", "a key of 50,000 parts"),
        (".".join(["'='"] * 50_000) + " = 1", "a key of 50,000 parts"),
        ('a = """\n"""\n' + f"{KEY} = 1", "a key of 50,000 parts in line 3"),
        ("a = " + "[" * NESTED, "lists or tables in one another without end"),
        ("a = " + "[" * NESTED + "]" * NESTED, "lists or tables in one another without end"),
        ("a = " + "{a=" * NESTED, "lists or tables in one another without end"),
        ("a = 1\n" * 200_000, "more than 1,000,000 bytes"),
        ('a = "' + '"' * 900_000, "line 1"),
        ("a = " + "'''" * 300_000, "line 1"),
        ('a = "' + "\\" * 900_000, "end of document"),
        ('a = "' + "\\x" * 400_000, "line 1"),
        ("a = " + "9" * 900_000, "4300 digits"),
        ("a" * 900_000, "end of document"),
    ],
    ids=range(18),
)
def test_a_text_that_would_keep_the_reader_is_refused_at_once(text: str, found: str, tmp_path: Path) -> None:
    place = tmp_path / "rules.toml"
    place.write_text(text)
    start = time.process_time()
    with pytest.raises(ValueError, match=found):
        read_toml(place)
    assert time.process_time() - start < 1


def test_texts_and_comments_may_have_as_many_dots_as_they_like(tmp_path: Path) -> None:
    dots = "." * 500
    text = f'# {dots}\na = \'x{dots}\'\nb = """\n{dots} = "\n"""\n{".".join(["k"] * KEY_PARTS_MAX)} = 1.5\n'
    place = tmp_path / "rules.toml"
    place.write_bytes(b"\xef\xbb\xbf" + text.encode())
    read, found = read_toml(place)
    assert (read, found["a"], found["b"]) == (text, f"x{dots}", f'{dots} = "\n')


@pytest.mark.parametrize("text", ["[" * NESTED, '{"a":' * NESTED, "[" * NESTED + "]" * NESTED, "9" * 5000, "{", ""])
def test_a_note_that_would_end_the_reader_is_refused(text: str, tmp_path: Path) -> None:
    place = tmp_path / "note.json"
    place.write_text(text)
    with pytest.raises(ValueError, match=r"."):
        read_json(place)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(ValueError, match="a pipe or a device"):
            read_small(place, 10)
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none", 10)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(JSON_BYTES_MAX + 1)
    with pytest.raises(ValueError, match=r"more than 50,000,000 bytes"):
        read_json(large)
    assert TOML_BYTES_MAX < JSON_BYTES_MAX
