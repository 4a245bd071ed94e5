"""HMRC's monthly files in their exact form."""

NAME = "bdsimp2605.txt"
HEADER, TRAILER = "000000IMPORTS BULK DATA 202605", "999999TRAILER{:>10}"


def record(
    value: int = 1_000,
    mass: int = 100,
    *,
    code: str = "85051110",
    country: str = "720CN",
    port: str = "428LHR",
    account: str = "202605",
    suppression: str = "0",
    kind: str = "0",
    flow: str = "003",
    month: str = "202605",
) -> str:
    """Each field by its place: month 0-6, type, account 7-13, code 13-21, SITC 21-26, country 26-31, port 31-37, origin
    37-42, mode 42-44, value 44-56, mass 56-68, supplementary 68-80, suppression 80, flow 81-84, record type 84."""
    fields = [
        month, "0", account, f"{code:<8}", "77881", country, port, country, "40", f"{value:012d}", f"{mass:012d}",
        f"{7:012d}", suppression, flow, kind,
    ]  # fmt: skip
    text = "".join(fields)
    assert len(text) == 85
    return text


def file(*records: str, header: str = HEADER, trailer: str | None = None, end: str = "\r\n") -> bytes:
    last = TRAILER.format(len(records)) if trailer is None else trailer
    return "".join(line + end for line in (header, *records, last) if line).encode()
