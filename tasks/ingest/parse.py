"""Parses bytes to printed records, with the adapter of the source."""

from schemas.forms.request import Landed
from tasks.sources.protocol import Parsed
from tasks.sources.registry import read_file


def parse(landed: Landed) -> Parsed:
    """The records of a landed file. Raises Refused where the bytes do not have the source's format."""
    return read_file(landed.source, landed.raw.read_bytes(), landed.file.name).declared(landed.partners)
