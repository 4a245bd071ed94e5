"""What UN Comtrade is asked, what becomes of its lists, and what is remembered."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from comtrade_answers import answer, datasets, row

from tasks.domain.errors import Refused
from tasks.fetch.comtrade import datasets as ask_datasets
from tasks.fetch.comtrade import note_compared, number_of, read_compared, rows_of
from tasks.fetch.transport import Policy, Transport
from tests.replay.server import Replay, Reply

SECRET = "feedfacefeedfacefeedfacefeedface"


@pytest.fixture
def site() -> Iterator[Replay]:
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    made = Transport(Policy(read=5.0, connect=5.0, waits=()), sleep=lambda seconds: None)
    yield made
    made.close()


def test_numbers_of_reporters_are_those_of_the_service() -> None:
    assert [number_of(code) for code in ("CHN", "USA", "IND", "CHE", "DEU", "TWN", "BRA")] == [
        "156",
        "842",
        "699",
        "757",
        "276",
        "490",
        "76",
    ]
    with pytest.raises(Refused, match="EU27"):
        number_of("EU27")


def test_the_news_of_a_month_is_day_and_checksum_of_its_dataset(site: Replay, transport: Transport) -> None:
    site.route("/public/v1/getDA", Reply(datasets(m202506="-17", m202505="5")))
    found = ask_datasets(transport, "CHN", ["2025-05", "2025-06", "2025-07"], site.base)
    assert found == {"2025-06": "2026-08-02T00:00:00 -17", "2025-05": "2026-08-02T00:00:00 5"}
    assert site.asked[0].query == {"reporterCode": ["156"], "period": ["202505,202506,202507"]}
    ask_datasets(transport, "CHN", [f"{year}-01" for year in range(1990, 2005)], site.base)
    assert [len(asked.query["period"][0].split(",")) for asked in site.asked[1:]] == [12, 3]


@pytest.mark.parametrize(
    "body", [b'{"data": [{"period": 202506}]}', b'{"error": "x", "data": []}', b"[]", b'{"data": [1]}', b"<html>", b""]
)
def test_a_list_in_another_form_is_refused(site: Replay, transport: Transport, body: bytes) -> None:
    site.route("/public/v1/getDA", Reply(body))
    with pytest.raises(Refused):
        ask_datasets(transport, "CHN", ["2025-06"], site.base)


def test_with_a_key_the_data_are_asked_and_without_one_the_preview(site: Replay, transport: Transport) -> None:
    site.route("/", Reply(answer(row())))
    assert rows_of(transport, "CHN", "export", "850511", "2025-06", SECRET, site.base) == answer(row())
    rows_of(transport, "CHN", "import", "850511", "2025-06", None, site.base)
    keyed, open_to_all = site.asked
    common = {
        "reporterCode": ["156"],
        "period": ["202506"],
        "cmdCode": ["850511"],
        "motCode": ["0"],
        "customsCode": ["C00"],
        "partner2Code": ["0"],
        "includeDesc": ["true"],
    }
    assert (keyed.path, keyed.query) == (
        "/data/v1/get/C/M/HS",
        {**common, "flowCode": ["X"], "subscription-key": [SECRET]},
    )
    assert (open_to_all.path, open_to_all.query) == ("/public/v1/preview/C/M/HS", {**common, "flowCode": ["M"]})


def test_a_quota_under_403_is_a_refusal_without_the_key(site: Replay, transport: Transport) -> None:
    site.route("/", Reply(f'{{"message": "Out of call volume quota for {SECRET}"}}'.encode(), 403))
    with pytest.raises(Refused, match="Out of call volume quota") as refused:
        rows_of(transport, "CHN", "export", "850511", "2025-06", SECRET, site.base)
    assert SECRET not in str(refused.value)


def test_what_was_compared_is_remembered_by_reporter_and_a_damaged_note_means_nothing(tmp_path: Path) -> None:
    note_compared(tmp_path, "CHN", {"export 850511 2025-06": "d 1"})
    note_compared(tmp_path, "CHN", {"import 850511 2025-06": "d 2"})
    note_compared(tmp_path, "USA", {"export 850511 2025-06": "d 3"})
    assert read_compared(tmp_path, "CHN") == {"export 850511 2025-06": "d 1", "import 850511 2025-06": "d 2"}
    (tmp_path / ".fetch" / "comtrade.json").write_text("[")
    assert read_compared(tmp_path, "CHN") == {}
    note_compared(tmp_path, "CHN", {"a": "b"})
    assert read_compared(tmp_path, "CHN") == {"a": "b"}
