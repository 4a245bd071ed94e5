"""Gate A: checks the bytes of a delimited file as a whole, before they are split or decoded.

Is it text, and not a page, an archive or an old workbook under a wrong name? Is it complete? Bytes that pass end with a
line end, have no NUL and no byte order mark. The meaning of a byte is not checked here.
"""

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip_bytes

FILE_BYTES_MAX = 200_000_000
MAGICS = {
    b"PK\x03\x04": ("zip", "an archive or an Excel workbook"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("ole", "an old Excel or Word file (OLE)"),
    b"\x1f\x8b": ("gzip", "gzip-compressed data"),
    b"BZh": ("bzip2", "bzip2-compressed data"),
    b"\xfd7zXZ\x00": ("xz", "xz-compressed data"),
    b"(\xb5/\xfd": ("zstd", "zstd-compressed data"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "a 7z archive"),
    b"%PDF": ("pdf", "a PDF"),
    b"PAR1": ("parquet", "a Parquet file"),
}


def magic_of(raw: bytes) -> str | None:
    """The kind of a binary format by its first bytes (zip, ole, gzip, …), None where they may be text."""
    return next((kind for magic, (kind, _) in MAGICS.items() if raw.startswith(magic)), None)


def open_envelope(raw: bytes, where: str) -> tuple[bytes, list[str]]:
    """The bytes of a text file without a byte order mark, and the normalisations made. Raises Refused."""
    _refuse_other_formats(raw, where)
    normalised = []
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            raw = raw.decode("utf-16").encode("utf-8")
        except UnicodeError as error:
            raise Refused("undecodable", where, f"a UTF-16 mark, but {error}", "Download it again.") from error
        normalised.append("UTF-16 with byte order mark")
    elif raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
        normalised.append("UTF-8 byte order mark")
    place, first = raw.find(b"\0"), raw[:1_000].lstrip()[:1]
    refuse_first(
        where,
        (
            place >= 0,
            "NUL byte",
            f"a NUL at byte {place} (UTF-16 without mark, or a damaged download)",
            "Download it again.",
        ),
        (
            first in (b"<", b"{", b"["),
            "not a table",
            f"it begins with {first.decode('latin-1')!r}: a web page or an error message, not a download",
            "Open it to see what the site said, then download again.",
        ),
        (
            raw.endswith(b"\r") and b"\n" not in raw,
            "line ends",
            "lines end in CR alone",
            "Save it with LF or CRLF line ends.",
        ),
        (
            not raw.endswith(b"\n"),
            "no final newline",
            f"it ends in '{clip_bytes(raw[-30:])}' without a line end: cut off",
            "Download it again; the last number may be short of digits. If it was typed, end its last line.",
        ),
    )
    return raw, normalised


def open_text(raw: bytes, where: str, rule: str, advice: str) -> str:
    """The text of a page or of an answer in UTF-8. Raises Refused, with this rule where it is no text."""
    if not raw.strip():
        raise Refused("empty file", where, "the file has no text", advice)
    place = raw.find(b"\0")
    refuse_first(
        where,
        (len(raw) > FILE_BYTES_MAX or magic_of(raw), rule, "a binary or an oversized file", advice),
        (place >= 0, "NUL byte", f"a NUL at byte {place}, so the file is damaged", advice),
    )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("undecodable", where, f"no UTF-8 at byte {error.start}", advice) from error


def _refuse_other_formats(raw: bytes, where: str) -> None:
    kind = magic_of(raw)
    label = next((text for name, text in MAGICS.values() if name == kind), "")
    large = f"{len(raw):,} bytes, more than the {FILE_BYTES_MAX:,} that one download can have"
    refuse_first(
        where,
        (not raw, "empty file", "the file has no bytes", "Download it again."),
        (len(raw) > FILE_BYTES_MAX, "file too large", large, "Split it by month."),
        (kind, "not text", f"it is {label}, whatever its name says", "Unpack it or save it as CSV."),
    )
