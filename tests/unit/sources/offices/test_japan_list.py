"""The list page of e-Stat: direction and chapters of each file."""

from tasks.sources.experimental.japan_list import linked

FILE = "<a href='/en/stat-search/file-download?statInfId={}&amp;fileKind=1'>CSV</a>"


def test_a_file_has_the_direction_and_the_chapters_named_last_before_it() -> None:
    page = f"<h2>Export</h2> Chapter 84-85 {FILE.format(1)} <a href='/other'>x</a> Chapter 97 {FILE.format(2)}"
    place = "https://e.example/list"
    address = "https://e.example/en/stat-search/file-download?statInfId={}&fileKind=1"
    assert [*linked(page + f"<h2>Import</h2> Chapters 01 to 02 {FILE.format(3)}", place)] == [
        ("export", ["84", "85"], address.format(1)), ("export", ["97"], address.format(2)),
        ("import", ["01", "02"], address.format(3)),
    ]  # fmt: skip
    assert [*linked(FILE.format(1), place)] == [], "without a direction and chapters"
