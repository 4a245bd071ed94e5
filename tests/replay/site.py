"""Assigns the recorded answers of seven sources to addresses on this machine.

Two simulate faults: HMRC asks to wait once, and the Census Bureau redirects requests without the key to a page.
"""

from pathlib import Path

from tests.replay.server import Asked, Replay, Reply
from tests.unit.census_archive import Row, members, packed

ANSWERS = Path(__file__).parent / "answers"
DATE = "Thu, 14 Aug 2025 09:05:00 GMT"
# Invented like the answers; a key of nobody.
KEY = "key-of-the-demonstration"
CSV, JSON, HTML, ZIP = (
    {"Content-Type": kind} for kind in ("text/csv", "application/json", "text/html", "application/zip")
)
MAGNETS = "8505110070"
NO_ROWS = b'{"header": {"status": {"name": "Success"}, "count": {"noOfRecords": 0}}, "dataSet": []}'


def _archive(month: str, times: int) -> bytes:
    """An archive of a month, with invented imports of magnets of China (in two districts), Japan and Germany."""
    imports = (
        ("5700", "27", 320_000, 12_000_000),
        ("5700", "53", 180_000, 8_000_000),
        ("5880", "27", 60_000, 7_000_000),
        ("4280", "27", 10_000, 1_000_000),
    )
    rows = [
        Row(MAGNETS, country, value * times, value * times // 20, mass * times, district=district)
        for country, district, mass, value in imports
    ]
    return packed(members(rows, month, {MAGNETS: ("KG", "")}))


ARCHIVES = {"2025-04": _archive("2025-04", 2), "2025-05": _archive("2025-05", 1)}


def open_site() -> Replay:
    """Start the server with all answers; close it afterwards."""
    site = Replay(DATE)
    site.route("/eurostat/api/comext/dissemination/sdmx/2.1/data/DS-045409", _answer("comext.csv", CSV))
    busy = Reply(b"rejected", 429, {"Retry-After": "1"})
    site.route("/OTS", [busy, _answer("ots.json", JSON)])
    site.route("/data/timeseries/intltrade/imports/hs", _census)
    site.route("/data/missing_key", Reply(b"<html>Missing Key</html>", headers=HTML))
    site.route("/en/stat-search/files", _answer("estat_list.html", HTML))
    site.route("/en/stat-search/file-download", _answer("estat.csv", CSV))
    for month, archive in ARCHIVES.items():
        name = f"IMDB{month[2:4]}{month[5:]}.ZIP"
        site.route(f"/trade/downloads/{month[:4]}/Merch/im_m/{name}", Reply(archive, headers=ZIP))
    site.route(
        "/api/get", lambda asked: Reply(status=302, headers={"Location": f"/api/{asked.query['ttype'][0]}a2b/get"})
    )
    site.route("/api/1a2b/get", _answer("hongkong.json", JSON))
    site.route("/api/4a2b/get", Reply(NO_ROWS, headers=JSON))
    site.route("/balanca/bd/comexstat-bd/ncm/IMP_2025.csv", _answer("brazil.csv", CSV))
    # The index of this year, and that of the year of the pages once it is past.
    site.route("/statics/report/preliminary", _answer("preliminary.html", HTML))
    site.route("/Statics/", _answer("preliminary_exports.html", HTML))
    return site


def _answer(name: str, headers: dict[str, str]) -> Reply:
    return Reply((ANSWERS / name).read_bytes(), headers=headers)


def _census(asked: Asked) -> Reply:
    if asked.query.get("key") != [KEY]:
        return Reply(status=302, headers={"Location": "/data/missing_key.html"})
    return _answer("census.json", JSON)
