"""Parses bytes to printed records, with the adapter of the source.

Belongs here: which bytes are read, and when. Does not belong here: how a format is read (`sources`), whether the
records contradict the declaration (`contradictions`), what they mean (`normalise`).
"""

from schemas.forms.request import Landed
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.registry import read_file


def parse(landed: Landed) -> Parsed:
    """The records of a landed file, read unless they were for its landing. Raises Refused where the bytes do not have
    the source's format."""
    parsed: Parsed | None = landed.parsed
    if parsed is None:
        parsed = read_file(landed.source, landed.raw.read_bytes(), landed.file.name)
    return parsed.declared(landed.partners)
