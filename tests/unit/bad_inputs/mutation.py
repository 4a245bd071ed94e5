"""Clean releases and what can happen to their bytes, as Hypothesis strategies; and an oracle that reads what is left.

The oracle is Python's csv module and `int`, and knows nothing of Tidewaiter but the code tables.
"""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

from bad_inputs.download import HORSES, MAGNETS, PARTNERS, PRODUCT, TITLES, Record, csv_text
from hypothesis import strategies as st

from schemas.reference.code_tables import code_table

POOL = (
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\r\n",
    b'""',
    b'","',
    b'",\n"',
    b"\0",
    b"\xef\xbb\xbf",
    b"0",
    b"9",
    b" ",
    b"\t",
    b"-",
    b".",
    b"=",
    "千克".encode("gb18030"),
    "千克".encode(),
    "，".encode("gb18030"),
    b"\x81\x30\x81\x30",
    b"\xff",
    b"\\",
    "０".encode("gb18030"),
)


@st.composite
def releases(draw: st.DrawFn) -> list[Record]:
    """A few records with different keys, as the site may print them."""
    keys = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("202504", "202505", "202506")),
                st.sampled_from((MAGNETS, HORSES)),
                st.sampled_from(sorted(PARTNERS)),
            ),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    numbers = st.one_of(st.integers(0, 30), st.integers(0, 10**9), st.integers(0, 10**15 - 1))
    records = []
    for month, (code, name), partner in keys:
        second = (str(draw(st.integers(0, 10**6))), "头") if code == HORSES[0] else ("0", "?")
        records.append(
            (month, code, name, partner, PARTNERS[partner], str(draw(numbers)), "千克", *second, f"{draw(numbers):,}")
        )
    return records


Mutation = Callable[[st.DrawFn, bytes], bytes]
PIECES = st.one_of(st.sampled_from(POOL), st.binary(min_size=1, max_size=3))


def _splice(draw: st.DrawFn, data: bytes, piece: bytes, lost: int) -> bytes:
    """A piece in place of so many bytes, somewhere."""
    at = draw(st.integers(0, len(data)))
    return data[:at] + piece + data[at + lost :]


def _replaced(*pairs: tuple[bytes, bytes], times: tuple[int, ...]) -> Mutation:
    """One of these texts for the other, so many times; -1 for each time."""
    return lambda draw, data: data.replace(*draw(st.sampled_from(pairs)), draw(st.sampled_from(times)))


def _repeat(draw: st.DrawFn, data: bytes) -> bytes:
    first, last = sorted(draw(st.integers(0, len(data))) for _ in range(2))
    return data[:last] + data[first:]


def _repeat_line(draw: st.DrawFn, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    at = draw(st.integers(0, max(0, len(lines) - 1)))
    return b"".join([*lines[: at + 1], *lines[at:]])


def _shuffle_lines(draw: st.DrawFn, data: bytes) -> bytes:
    first, *others = data.splitlines(keepends=True) or [b""]
    return b"".join([first, *draw(st.permutations(others))])


def _swap_fields(draw: st.DrawFn, data: bytes) -> bytes:
    """Two fields of each line after the first change places, with or without those of the header."""
    one, other = draw(st.integers(0, 9)), draw(st.integers(0, 9))
    lines = data.split(b",\n")
    for place in range(draw(st.integers(0, 1)), len(lines)):
        fields = re.split(rb",(?=\")", lines[place])
        if len(fields) == len(TITLES):
            fields[one], fields[other] = fields[other], fields[one]
            lines[place] = b",".join(fields)
    return b",\n".join(lines)


def _recode(draw: st.DrawFn, data: bytes) -> bytes:
    encoding, mark = draw(
        st.sampled_from(
            (
                ("utf-8", b""),
                ("utf-8", b"\xef\xbb\xbf"),
                ("utf-16-le", b"\xff\xfe"),
                ("utf-16-be", b"\xfe\xff"),
                ("utf-16-le", b""),
                ("big5", b""),
                ("ascii", b""),
            )
        )
    )
    return mark + data.decode("gb18030", "replace").encode(encoding, "replace")


MUTATIONS: tuple[Mutation, ...] = (
    lambda draw, data: _splice(draw, data, draw(PIECES), 0),
    lambda draw, data: _splice(draw, data, draw(PIECES), 1),
    lambda draw, data: _splice(draw, data, b"", draw(st.sampled_from((1, 1, 2, 5, 40, 200)))),
    lambda draw, data: data[: draw(st.integers(0, len(data)))],
    _repeat,
    _repeat_line,
    _shuffle_lines,
    _swap_fields,
    _recode,
    # Read in another encoding and saved again; other line ends, quotes and full-width digits; joined to itself.
    lambda draw, data: data.decode(draw(st.sampled_from(("latin-1", "utf-8", "big5"))), "replace").encode(),
    _replaced(*((b"\n", end) for end in (b"\r\n", b"\r", b"\n\n", b"\n\r")), times=(-1, 1, 2, 3)),
    _replaced((b'"', b""), (b'"', b"'"), (b'"', b'""'), (b'","', b","), (b'"', b'\\"'), times=(-1, 1, 2, 12, 30)),
    _replaced(
        *((str(digit).encode(), chr(ord("０") + digit).encode("gb18030")) for digit in range(10)), times=(1, 3, -1)
    ),
    lambda draw, data: data + data[draw(st.sampled_from((0, data.find(b"\n") + 1))) :],
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The bytes of a clean release after up to three accidents."""
    data = csv_text(draw(releases())).encode("gb18030")
    for mutate in draw(st.lists(st.sampled_from(MUTATIONS), max_size=3)):
        data = mutate(draw, data)
    return data


Numbers = list[set[tuple[str, str, str, str, int]]]
UNITS = {row["printed"]: (row["unit"], int(row["to_unit_factor"])) for row in code_table("units").iter_rows(named=True)}


def read_by_csv_module(data: bytes) -> Numbers | None:
    """Record by record what the file says: month, product, partner code, measure and number. None: it is no CSV."""
    try:
        rows = list(csv.reader(io.StringIO(_text(data), newline=""), strict=True))
    except (csv.Error, UnicodeError):
        return None
    titles = [_plain(title) for title in rows[0]] if rows else []
    return [_numbers(dict(zip(titles, map(_plain, row), strict=False))) for row in rows[1:]]


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _plain(text: str) -> str:
    wide = "".join(chr(ord(letter) - 0xFEE0) if 0xFF01 <= ord(letter) <= 0xFF5E else letter for letter in text)
    return re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", wide).strip()


def _numbers(row: dict[str, str]) -> set[tuple[str, str, str, str, int]]:
    found = set()
    for number, unit in (("第一数量", "第一计量单位"), ("第二数量", "第二计量单位"), ("美元", "")):
        kept, factor = UNITS.get(row.get(unit, ""), ("", 1)) if unit else ("usd", 1)
        try:
            value: Any = int(row[number].replace(",", "")) * factor
        except (ValueError, KeyError):
            continue
        if kept:
            measure = f"quantity_{kept}" if unit else "value_usd"
            found.add(
                (row.get(TITLES[0], ""), row.get(TITLES[PRODUCT], ""), row.get("贸易伙伴编码", ""), measure, value)
            )
    return found
