"""The package `tidewaiter`: light to import, and the same answers as the commands."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

import tidewaiter
from tasks.domain.errors import HowUnderstood
from tasks.domain.name_match import Unresolved
from tasks.reports import query

HEAVY = ("polars", "numpy", "pandera", "pyarrow", "prefect", "typer", "rich", "tasks", "flows", "schemas")


def test_importing_it_loads_nothing_else() -> None:
    code = (
        f"import sys, tidewaiter; print([name for name in {HEAVY} if name in sys.modules], sorted(tidewaiter.__all__))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout.strip()
        == "[] ['__version__', 'brief', 'check_claims', 'ingest', 'list', 'mirror', 'movers', 'open_release', 'plot', 'read', 'search', 'trace', 'vintages']"
    )
    assert (Path(tidewaiter.__file__).parent / "py.typed").is_file()


def test_it_reads_what_the_table_has(sample_store: Path) -> None:
    rows = tidewaiter.read(
        "magnets", partner=["us", "Germany"], month="2025-05..2025-06", names=False, store=sample_store
    )
    table = query.query(sample_store, "metric", product="basket:rare_earth_magnets").filter(
        pl.col("partner").is_in(["USA", "DEU"]) & pl.col("period").is_between(date(2025, 5, 1), date(2025, 6, 1))
    )
    assert rows.equals(table)
    assert rows.height == 4
    releases = tidewaiter.read(table="release", columns=["title", "records"], store=str(sample_store))
    assert releases.columns == ["title", "records"]


def test_the_store_is_that_of_the_environment_where_none_is_given(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The folder of the project has a store after `make run`.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIDEWAITER_STORE", str(sample_store))
    assert tidewaiter.search("Germany")["code"].to_list() == ["DEU"]
    assert tidewaiter.open_release().id == tidewaiter.open_release(sample_store).id
    monkeypatch.delenv("TIDEWAITER_STORE")
    with pytest.raises(LookupError, match=r"^store: nothing is published here yet"):
        tidewaiter.read("magnets")


def test_what_is_not_plain_is_a_warning_and_what_is_not_there_an_error_with_choices(sample_store: Path) -> None:
    top = tidewaiter.read("magnets", month="2025-06", top=2, store=sample_store)
    assert top["partner"].to_list() == ["DEU", "USA"]
    with pytest.warns(HowUnderstood, match="0 rows: the table metric has no partner DEU of product line:rare_earths"):
        assert tidewaiter.read("rare earths", partner="Germany", store=sample_store).height == 0
    with pytest.raises(Unresolved, match="the nearest: basket:rare_earth_magnets") as raised:
        tidewaiter.read("magnetts", store=sample_store)
    assert raised.value.choices[0] == "basket:rare_earth_magnets"
    with pytest.raises(ValueError, match="there is no table 'metrics'; there are claim, "):
        tidewaiter.read("magnets", table="metrics", store=sample_store)
    with pytest.raises(ValueError, match="there is no metric 'size'"):
        tidewaiter.trace("magnets", "us", "2025-06", "size", store=sample_store)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda store: tidewaiter.read("magnets", flow="imports", store=store), "no flow 'imports'; there are export and import"),
        (lambda store: tidewaiter.read("magnets", month=202406, store=store), "month=202406 is no text; write '2024-06'"),
        (lambda store: tidewaiter.open_release(store).paths("nope"), "no table 'nope'; there are claim, "),
        (lambda store: tidewaiter.open_release(store).paths("metric", "imports"), "no flow 'imports'"),
        (lambda store: tidewaiter.list("product", store=store), "no list of 'product'; there are products"),
        (lambda store: tidewaiter.vintages("magnets", metric="growth", store=store), "no metric 'growth'; there are level"),
        (lambda store: tidewaiter.trace("magnets", "us", "2025-06", "growth", store=store), "no metric 'growth'"),
        (lambda store: tidewaiter.brief("magnets", language="de", store=store), "no language 'de'; there are en and zh"),
        (lambda store: tidewaiter.plot("magnets", "magnets.bmp", store=store), ".bmp is no picture"),
        (lambda store: tidewaiter.read("magnets", as_of="2999-01-01", store=store), "2999-01-01 has not come yet: by the customs' clock, in Beijing"),
        (lambda store: tidewaiter.read("magnets", as_of="July", store=store), "'July' is no day; write it as 2025-06-30"),
    ],
)  # fmt: skip
def test_a_word_that_there_is_not_is_an_error_with_those_there_are(
    sample_store: Path, ask: Callable[[Path], object], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        ask(sample_store)


def test_a_page_and_a_picture_are_those_of_the_command(sample_store: Path, tmp_path: Path) -> None:
    made = tidewaiter.brief("magnets", "June 2025", store=sample_store)
    assert "660 % to 353 t" in " ".join(made.headlines)
    assert repr(made).startswith(
        "<Brief brief-basket-rare_earth_magnets-export-2025-06-en: China's exports of rare earth"
    )
    assert made.save(tmp_path / "june.html").read_text(encoding="utf-8") == made.html
    assert (tmp_path / "june.md").read_text(encoding="utf-8") == made.markdown
    drawn = tidewaiter.plot(
        "magnets", tmp_path / "magnets.svg", partner=["world", "us"], language="zh", store=sample_store
    )
    text = drawn.read_text(encoding="utf-8")
    for words in ("中国稀土永磁体", "美国", "2025年第18号公告", "吨"):
        assert words in text, words


def test_a_release_is_ingested_and_held_as_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "june.csv"
    file.write_bytes(csv_bytes([magnets("502", "353000", "30,000,000")]))
    told = {"source": "gacc_query", "flow": "export", "partners": "listed", "store": tmp_path / "store"}
    assert tidewaiter.ingest(file, dry_run=True, **told).status == "would be published"
    assert tidewaiter.ingest(file, released_on="2025-07-20", **told).status == "published"
    assert tidewaiter.ingest(file, released_on="2025-07-20", **told).status == "nothing new"
    assert (
        tidewaiter.read("85051110", partner="us", month="latest", columns="level", store=tmp_path / "store").height > 0
    )
