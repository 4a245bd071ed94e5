"""Parses bytes to printed records, with the adapter of the source, and compares what the file says of itself with its declaration.

Files that name reporter, direction or day of publication cannot be mixed up by a wrong folder or sidecar. Where the two disagree no
rule can choose, so the file is refused. Things missing from a file are not checked here.
"""

from datetime import date

from schemas.forms.request import Declared, Landed
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.ingest.raw_store import expected
from tasks.ingest.unpack import read_download
from tasks.sources.protocol import Parsed
from tasks.sources.registry import read_file

# The records of the last file with which a store begins, until `parse` takes them.
_first: dict[tuple[str, str, str], Parsed] = {}


def parse(landed: Landed) -> Parsed:
    """The records of a landed file. Raises Refused where the bytes do not have the source's format."""
    parsed = _first.pop(_key(landed), None)
    if parsed is None:
        parsed = read_file(landed.source, landed.raw.read_bytes(), landed.file.name)
    return parsed.declared(landed.partners)


def refuse_as_first(declared: Declared, today: date) -> None:
    """Raises Refused for a file with which a store must not begin, as `parse` and `refuse_contradictions` would: its folder would be that
    of a reporter of which nothing is known.
    """
    try:
        raw = read_download(declared.file)
    except OSError:
        # What to do about it is said where the file lands.
        return
    landed = expected(declared, raw, today)
    parsed = read_file(declared.source, raw, declared.file.name)
    refuse_contradictions(landed, parsed)
    _first.clear()
    _first[_key(landed)] = parsed


def _key(landed: Landed) -> tuple[str, str, str]:
    return landed.source, landed.raw_sha256, landed.file.name


def refuse_contradictions(landed: Landed, parsed: Parsed) -> None:
    """Raises Refused where the file names another reporter or direction, or a day after the declared release day."""
    where = landed.file.name
    if parsed.reporter is not None and parsed.reporter != landed.reporter:
        raise Refused(
            "other reporter", where=where, found=f"the file reports for {clip(parsed.reporter)}, declared is {landed.reporter}",
            advice=f'Write reporter = "{parsed.reporter}" into {where}.toml next to it, or take the right file.',
        )  # fmt: skip
    if parsed.printed_on is not None and parsed.printed_on > landed.released_on:
        raise Refused(
            "printed later", where=where, found=f"the file is dated {parsed.printed_on}, declared is released_on = {landed.released_on}",
            advice=f"Write released_on = {parsed.printed_on} or a later day: the figures were not public before.",
        )  # fmt: skip
    flows = parsed.reported["flow"].drop_nulls().unique().cast(str)
    other = sorted(flow for flow in flows if landed.flow is not None and flow != landed.flow)
    if other:
        raise Refused(
            "other flow", where=where, found=f"the file has {clip(other[0])} records, declared is {landed.flow}",
            advice=f"Leave flow out of {where}.toml and of the folder names: the records say it themselves.",
        )  # fmt: skip
