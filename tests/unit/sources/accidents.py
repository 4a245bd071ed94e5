"""What can happen to the bytes of a file of any source on its way to us, whatever its format.

Each accident takes a `random.Random` and the bytes. `SAME` leave every number where it was, `LESS` take some away,
`ROWS` whole records, and `OTHER` may make another legible file of them.
"""

import csv
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable

Accident = Callable[[random.Random, bytes], bytes]
DAMAGE = (b"\0", b"\xff", b"\xef\xbf\xbd", b"\x1a", b"\r", b"\x81", b"\xe2\x80\xae", b"\x1b[2J", b"\xa0")
DEPTH = 100_000
HUGE = 1_000_000


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _separator(data: bytes) -> str:
    first = data.split(b"\n", 1)[0]
    return max(",;|\t", key=lambda sign: first.count(sign.encode()))


def _cells(data: bytes) -> list[list[str]] | None:
    """The cells of a delimited file; None for another format."""
    if data.lstrip()[:1] in (b"<", b"{", b"[") or data.startswith(b"PK"):
        return None
    text = data.decode("gb18030" if b"\xca\xfd" in data else "utf-8", "surrogateescape")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_separator(data)))
    return rows if len(rows[0]) > 2 else None


def _written(rows: list[list[str]], data: bytes) -> bytes:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if data.startswith(b'"') else csv.QUOTE_MINIMAL
    end = "\r\n" if b"\r\n" in data else "\n"
    csv.writer(text, delimiter=_separator(data), quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue().encode("gb18030" if b"\xca\xfd" in data else "utf-8", "surrogateescape")


def _of_columns(change: Callable[[random.Random, list[list[str]]], list[list[str]]]) -> Accident:
    """A change of the rows of a delimited file, or of a list of records in JSON."""

    def accident(dice: random.Random, data: bytes) -> bytes:
        rows = _cells(data)
        if rows is not None:
            return _written(change(dice, rows), data)
        if data.startswith(b"[["):
            return json.dumps(change(dice, json.loads(data))).encode()
        return data

    return accident


def _swap_columns(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    one, other = dice.randrange(len(rows[0])), dice.randrange(len(rows[0]))
    for row in rows:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return rows


def _drop_column(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    at = dice.randrange(len(rows[0]))
    return [row[:at] + row[at + 1 :] for row in rows]


def _drop_cell(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    place = dice.randrange(len(rows))
    rows[place].pop(dice.randrange(len(rows[place])))
    return rows


def _empty_cell(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    row = rows[dice.randrange(len(rows))]
    row[dice.randrange(len(row))] = ""
    return rows


def _shuffle_rows(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    first, *others = rows
    dice.shuffle(others)
    return [first, *others]


def _swap_titles(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    one, other = dice.randrange(len(rows[0])), dice.randrange(len(rows[0]))
    rows[0][one], rows[0][other] = rows[0][other], rows[0][one]
    return rows


def _huge_cell(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    row = rows[dice.randrange(len(rows))]
    row[dice.randrange(len(row))] = dice.choice("9a ") * HUGE
    return rows


def _wide_header(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    return [[*rows[0], *map(str, range(HUGE))], *rows[1:]]


def _other_rows(change: Callable[[random.Random, list[bytes]], list[bytes]]) -> Accident:
    """A change of the lines of a file, or of the records in it where these are in JSON or in a table of a page."""

    def accident(dice: random.Random, data: bytes) -> bytes:
        if data.startswith(b"{"):
            document = json.loads(data)
            name = next(name for name, value in document.items() if isinstance(value, list))
            pieces = change(dice, [json.dumps(row).encode() for row in document[name]])
            document[name] = [json.loads(piece) for piece in pieces]
            return json.dumps(document).encode()
        if data.startswith(b"[["):
            first, *rows = json.loads(data)
            rows = [json.loads(piece) for piece in change(dice, [json.dumps(row).encode() for row in rows])]
            return json.dumps([first, *rows]).encode()
        if b"<tr" in data:
            parts = re.split(rb"(?=<tr)", data)
            return b"".join([parts[0], *change(dice, parts[1:])])
        first, *lines = _lines(data) or [b""]
        return b"".join([first, *change(dice, lines)])

    return accident


def _repeat_row(dice: random.Random, rows: list[bytes]) -> list[bytes]:
    at = dice.randrange(max(1, len(rows)))
    return [*rows[: at + 1], *rows[at:]]


def _lose_rows(dice: random.Random, rows: list[bytes]) -> list[bytes]:
    at = dice.randrange(max(1, len(rows)))
    return rows[:at] + rows[at + dice.choice((1, 1, 2)) :]


def _cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data))]


def _damage(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.choice(DAMAGE) + data[at + dice.choice((0, 1)) :]


def _flip(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def _recode(dice: random.Random, data: bytes) -> bytes:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    encoding, mark = dice.choice(
        (
            ("utf-8", b"\xef\xbb\xbf"),
            ("utf-16-le", b"\xff\xfe"),
            ("utf-16-be", b"\xfe\xff"),
            ("utf-16-le", b""),
            ("gb18030", b""),
            ("utf-32", b""),
            ("cp037", b""),
        )
    )
    return mark + text.encode(encoding, "replace")


def _line_ends(dice: random.Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", dice.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n")))


def _zipped(dice: random.Random, data: bytes) -> bytes:
    for _ in range(dice.choice((1, 2, 3))):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("file", data)
        data = packed.getvalue()
    return data


def _zeros(dice: random.Random, data: bytes) -> bytes:
    first, last = sorted(dice.randrange(len(data)) for _ in range(2))
    return data[:first] + bytes(last - first) + data[last:]


def _deep(dice: random.Random, data: bytes) -> bytes:
    opening, closing = dice.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<div>", b"</div>"), (b"<table><tr><td>", b"")))
    return opening * DEPTH + data + closing * DEPTH


def _numbers(dice: random.Random, data: bytes) -> bytes:
    """One number written in another way, which may be another number."""
    places = list(re.finditer(rb"(?<![\w.,])\d+(?:\.\d+)?(?![\w.,])", data))
    if not places:
        return data
    place = dice.choice(places)
    written = dice.choice(
        (
            b"NaN", b"-0", b"1e5", b"1_000", b" 7 ", b"\xd9\xa1\xd9\xa2", b"Infinity", b"1e999", b"-5", b"0x10",
            b"true", b"", b"99999999999999999999999999", b"1,000", b"1.000,5", b"12%", b"null", b"\xef\xbc\x91", b"()",
            b"1\xc2\xa0000", b"1e-400",
        )
    )  # fmt: skip
    return data[: place.start()] + written + data[place.end() :]


def _twice(dice: random.Random, data: bytes) -> bytes:
    """The file joined to itself, with or without what it begins with."""
    return data + dice.choice((data, data.split(b"\n", 1)[-1]))


def _quotes(dice: random.Random, data: bytes) -> bytes:
    old, new = dice.choice(((b'"', b""), (b'"', b"'"), (b'"', b'""'), (b",", b";"), (b",", b"\t"), (b";", b",")))
    return data.replace(old, new, dice.choice((-1, 1, 5)))


def in_a_member(dice: random.Random, data: bytes, accident: Accident) -> bytes:
    """The archive with the accident in one of its members."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = dice.choice(sorted(members))
    members[name] = accident(dice, members[name])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return packed.getvalue()


SAME: tuple[Accident, ...] = (
    _recode,
    _line_ends,
    _zipped,
    _of_columns(_swap_columns),
    _of_columns(_shuffle_rows),
    lambda dice, data: gzip.compress(data, mtime=0),
    lambda dice, data: data + b"\n",
    lambda dice, data: b"\n" + data,
)
LESS: tuple[Accident, ...] = (
    _cut,
    _damage,
    _zeros,
    _of_columns(_drop_column),
    _of_columns(_drop_cell),
    _of_columns(_huge_cell),
    _of_columns(_wide_header),
    _deep,
)
ROWS: tuple[Accident, ...] = (_other_rows(_lose_rows),)
OTHER: tuple[Accident, ...] = (
    _flip,
    _numbers,
    _quotes,
    _of_columns(_swap_titles),
    _of_columns(_empty_cell),
    _other_rows(_repeat_row),
    _twice,
    lambda dice, data: data[:1] * len(data),
    lambda dice, data: b"",
)
