"""Assigns the recorded answers of five sources to addresses on this machine.

Two simulate faults: HMRC asks to wait once, and the Census Bureau redirects requests without the key to a page.
"""

from pathlib import Path

from tests.replay.server import Asked, Replay, Reply

ANSWERS = Path(__file__).parent / "answers"
DATE = "Thu, 14 Aug 2025 09:05:00 GMT"
# Invented like the answers; a key of nobody.
KEY = "key-of-the-demonstration"
CSV, JSON, HTML = ({"Content-Type": kind} for kind in ("text/csv", "application/json", "text/html"))


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
    site.route("/statics/report/preliminary.html", _answer("preliminary.html", HTML))
    site.route("/Statics/", _answer("preliminary_exports.html", HTML))
    return site


def _answer(name: str, headers: dict[str, str]) -> Reply:
    return Reply((ANSWERS / name).read_bytes(), headers=headers)


def _census(asked: Asked) -> Reply:
    if asked.query.get("key") != [KEY]:
        return Reply(status=302, headers={"Location": "/data/missing_key.html"})
    return _answer("census.json", JSON)
