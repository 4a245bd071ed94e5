"""A file that a setting names is written after each publication; a failure is a warning, and the next one makes up for
it."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas import settings
from schemas.forms.outcome import Outcome
from tasks.catalogs.kept_up import kept_up
from tests.unit.catalogs import trade_root
from tests.unit.published_stores import china, publish, query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def views(file: Path) -> set[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return {
            row[0] for row in connection.execute("select view_name from duckdb_views() where not internal").fetchall()
        }


def test_without_a_setting_nothing_is_made(tmp_path: Path) -> None:
    china(tmp_path, query_bytes(trade_root.ROWS), trade_root.MAY)
    assert [*kept_up(tmp_path / "store", "CHN")] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2025-06-20.csv", "store"]


def test_a_failure_is_a_warning_and_the_next_publication_makes_up_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, name = tmp_path / "files" / "trade.duckdb", "DuckDB file"
    monkeypatch.setenv(settings.DUCKDB, str(file))

    def release(rows: list[tuple[Any, ...]], day: date) -> Outcome:
        return publish(tmp_path, "CHN", f"{day}.csv", query_bytes(rows), flow="export", released_on=day)

    failed = release(trade_root.ROWS, trade_root.MAY)
    (warning,) = [text for text in failed.warnings if text.startswith(name)]
    assert warning.startswith(f"{name} {file}: not made, ValueError: ")
    assert warning.endswith("; the one before stays, and the next release makes up for it.")
    file.parent.mkdir()
    done = release(trade_root.LATER, trade_root.JUNE)
    assert [text for text in done.warnings if text.startswith(name)] == []
    assert {"metric", "wide"} <= views(file)
    file.unlink()
    trade_root.withdraw(tmp_path / "store", done.release_id)
    assert {"metric", "decision"} <= views(file)
