"""Bytes to records as printed, by the adapter of the source."""

from schemas.request import Landed
from tasks.sources import SOURCES, Parsed


def parse(landed: Landed) -> Parsed:
    """The records of a landed file. Raises Refused where the bytes are not what the source makes."""
    return SOURCES[landed.source].parse(landed.raw.read_bytes(), landed.file.name)
