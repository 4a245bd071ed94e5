"""Files that lie about, with what is declared beside them, and an inbox of downloads."""

from pathlib import Path

from bad_inputs.download import CLEAN_RECORDS, csv_bytes, in_month


def drop(folder: Path, name: str = "file.csv", **papers: str) -> Path:
    """A file, and beside it the texts of some declarations: `sidecar` is its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"anything")
    for paper, text in papers.items():
        (folder / (f"{name}.toml" if paper == "sidecar" else f"{paper}.toml")).write_text(text, encoding="utf-8")
    return folder / name


JUNE = CLEAN_RECORDS[:6]


def month(number: int) -> bytes:
    return csv_bytes(in_month(f"2025{number:02d}", JUNE))


def download(home: Path, name: str, data: bytes, released_on: str | None = None) -> Path:
    file = home / "inbox" / "gacc_query" / "export" / name
    file.write_bytes(data)
    if released_on:
        file.with_name(name + ".toml").write_text(f"released_on = {released_on}\n")
    return file


def inbox_in(folder: Path) -> Path:
    """The folder, with an inbox of query exports in it, which have all partners."""
    exports = folder / "inbox" / "gacc_query" / "export"
    exports.mkdir(parents=True)
    (exports / "defaults.toml").write_text('partners = "all"\n')
    return folder
