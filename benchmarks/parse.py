"""Measures how fast a query CSV is read, next to what one would use instead: megabytes per second, in one run.

    python -m benchmarks.parse [--megabytes 110] [--rounds 5] [--data FOLDER]

The result is printed and not kept, because it depends on the files in FOLDER. Reads these query files joined into one
of about that size, or, where there is none, a synthetic file of the same form. Every reader must give the same texts
for every name and number before its time counts. Pandas, Polars and PyArrow decode GB18030 by their `encoding` option
and read everything as text, as a careful user would; ours also passes the gates.
"""

import argparse
import io
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas
import polars as pl
import pyarrow
import pyarrow.csv

from tasks.sources.gacc import gacc_query

DATA = Path(__file__).parent.parent / ".." / "shared" / "data" / "bench"
TITLES = [
    "数据年月",
    "商品编码",
    "商品名称",
    "贸易伙伴编码",
    "贸易伙伴名称",
    "注册地编码",
    "注册地名称",
    "第一数量",
    "第一计量单位",
    "第二数量",
    "第二计量单位",
    "美元",
]
CHECKED = ("贸易伙伴名称", "商品名称", "第一数量", "美元")
OURS = {"贸易伙伴名称": "partner_name", "商品名称": "product_name", "第一数量": "quantity", "美元": "value"}


def real_bytes(folder: Path, size: int) -> bytes | None:
    """The query files of a folder, joined and repeated up to about `size` bytes."""
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not files:
        return None
    header, _, _ = files[0].read_bytes().partition(b"\n")
    body = b"".join(file.read_bytes().partition(b"\n")[2] for file in files)
    return header + b"\n" + body * max(1, round(size / len(body)))


def synthetic_bytes(size: int) -> bytes:
    """Synthetic records in the form of a query download, labelled as such in the product names."""
    draw = random.Random(20250720)
    partners = [
        (str(101 + index), name)
        for index, name in enumerate(["阿富汗", "巴林", "孟加拉国", "玻利维亚\n", "德国", "美国", "越南"])
    ]
    products = [
        (f"{draw.randrange(1, 97):02d}{draw.randrange(10**6):06d}", f"合成商品{index}，未列名")
        for index in range(3_000)
    ]
    lines = [",".join(f'"{title}"' for title in TITLES) + ",\n"]
    written = 0
    while written < size:
        (code, product), (partner, name) = draw.choice(products), draw.choice(partners)
        fields = [
            f"2024{draw.randrange(1, 13):02d}",
            code,
            product,
            partner,
            name,
            "44",
            "广东省",
            str(draw.randrange(10**6)),
            "千克",
            "0",
            "?",
            f"{draw.randrange(10**8):,}",
        ]
        lines.append(",".join(f'"{field}"' for field in fields) + ",\n")
        written += len(lines[-1]) + 20
    return "".join(lines).encode("gb18030")


def by_pandas(raw: bytes) -> pl.DataFrame:
    """pandas.read_csv with encoding=gb18030 and text columns."""
    frame = pandas.read_csv(
        io.BytesIO(raw), encoding="gb18030", dtype=str, keep_default_na=False, usecols=range(len(TITLES))
    )
    return pl.from_pandas(frame[list(CHECKED)])


def by_polars(raw: bytes) -> pl.DataFrame:
    """polars.read_csv with encoding=gb18030 and text columns."""
    return pl.read_csv(raw, encoding="gb18030", infer_schema=False).select(CHECKED)


def by_pyarrow(raw: bytes) -> pl.DataFrame:
    """pyarrow.csv.read_csv with encoding=gb18030, text columns and line feeds allowed in values."""
    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader(raw),
        read_options=pyarrow.csv.ReadOptions(encoding="gb18030"),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(TITLES, pyarrow.string()), strings_can_be_null=False
        ),
    )
    frame = pl.from_arrow(table.select(list(CHECKED)))
    assert isinstance(frame, pl.DataFrame)
    return frame


def by_ours(raw: bytes) -> pl.DataFrame:
    """The adapter, gates and all."""
    return gacc_query.parse(raw, "benchmark").reported.select(**{title: pl.col(name) for title, name in OURS.items()})


READERS: dict[str, Callable[[bytes], pl.DataFrame]] = {
    "pandas": by_pandas,
    "polars": by_polars,
    "pyarrow": by_pyarrow,
    "tidewaiter": by_ours,
}


def texts(frame: pl.DataFrame) -> list[tuple[str, int, int]]:
    """What every reader must agree on: for each column its distinct texts and how often each occurs."""
    counted = []
    for name in CHECKED:
        column = frame[name].cast(pl.String)
        counts = column.value_counts().sort(name)
        counted.append((name, column.len(), hash(tuple(counts.iter_rows()))))
    return counted


def main() -> int:
    """Check that all readers agree, time them in turn, print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--megabytes", type=int, default=110)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--data", type=Path, default=DATA)
    given = ask.parse_args()
    raw = real_bytes(given.data, given.megabytes * 10**6) or synthetic_bytes(given.megabytes * 10**6)
    what = "real query files, repeated" if given.data.is_dir() else "synthetic"
    expected = texts(by_pandas(raw))
    for name, read in READERS.items():
        if texts(read(raw)) != expected:
            print(f"{name} does not read the same texts; nothing is timed")
            return 1
    best = dict.fromkeys(READERS, float("inf"))
    for _ in range(given.rounds):
        for name, read in READERS.items():
            begun = time.perf_counter()
            read(raw)
            best[name] = min(best[name], time.perf_counter() - begun)
    rates = {name: len(raw) / 10**6 / seconds for name, seconds in best.items()}
    fastest = max(rate for name, rate in rates.items() if name != "tidewaiter")
    print(
        f"{len(raw) / 10**6:.0f} MB ({what}), {expected[0][1]:,} records, best of {given.rounds} rounds, all texts"
        " equal"
    )
    for name, rate in rates.items():
        print(f"{name:12} {rate:7.1f} MB/s  {rate / fastest:5.2f} x the fastest of the others")
    return 0


if __name__ == "__main__":
    sys.exit(main())
