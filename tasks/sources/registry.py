"""Finds all adapters: the module of each source, behind one protocol.

A source is a name with its terms in `statement_terms.csv` and the module of that name in this room, with a `SOURCE`;
nothing else lists it.
"""

import importlib

from schemas.code_files import source_names
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources.protocol import Parsed, Source

SOURCES: dict[str, Source] = {name: importlib.import_module(f"tasks.sources.{name}").SOURCE for name in source_names()}


def read_file(source: str, raw: bytes, where: str) -> Parsed:
    """The records of a file, with the adapter of its source. Raises Refused for every file that it cannot read, also
    for one of a shape that nobody has thought of.
    """
    adapter = SOURCES[source]
    try:
        return adapter.parse(raw, where)
    except (Refused, OSError, MemoryError):
        raise
    except Exception as error:
        raise Refused(
            "unexpected shape",
            where,
            f"a file of a shape that the adapter {source} does not expect ({type(error).__name__}:"
            f" {clip(str(error), 120)})",
            "Compare it with an earlier file of the same source; where the source prints it so, report it.",
        ) from error
