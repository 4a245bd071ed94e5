"""Finds all adapters: the declaration or the module of each source, behind one protocol.

A source is a name with its terms in `statement_terms.csv` and the declaration (`<name>.toml`) or the module of that
name in a room of sources, with a `SOURCE`; or a declaration of one's own (TIDEWAITER_SOURCES). Nothing else lists it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.code_files import own_sources, source_names
from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.domain.text import clip

if TYPE_CHECKING:
    from tasks.sources.adapter.protocol import Parsed, Source

ROOT = Path(__file__).parent


class Adapters(MutableMapping[str, "Source"]):
    """The adapters by the names of their sources. A module is imported when its source is asked for: an answer about
    one source must not wait for all of them."""

    def __init__(self) -> None:
        self._loaded: dict[str, Source] = {}

    def __getitem__(self, name: str) -> Source:
        if name not in self._loaded and name in source_names():
            declarations = own_sources()
            (file,) = (
                [declarations[name]]
                if name in declarations
                else [*ROOT.glob(f"*/{name}.py"), *ROOT.glob(f"*/{name}.toml")]
            )
            if file.suffix == ".toml":
                from tasks.sources.adapter.declared import source_of

                self._loaded[name] = source_of(file)
            else:
                self._loaded[name] = importlib.import_module(f"tasks.sources.{file.parent.name}.{name}").SOURCE
        return self._loaded[name]

    def __setitem__(self, name: str, source: Source) -> None:
        self._loaded[name] = source

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*source_names(), *self._loaded)))

    def __contains__(self, name: object) -> bool:
        return name in source_names() or name in self._loaded

    def __len__(self) -> int:
        return len({*source_names(), *self._loaded})


SOURCES = Adapters()


def restricted(names: Iterable[str]) -> list[Source]:
    """Those of these sources whose numbers nobody may do something with, which `forbids` says."""
    return [SOURCES[name] for name in sorted({*names}) if name in SOURCES and SOURCES[name].forbids]


def collectors() -> list[Source]:
    """The sources that pass on what customs of any country have published, and that can be asked for it."""
    return [source for source in SOURCES.values() if source.collector and source.questions]


def splitter() -> Source:
    """The source whose downloaded files are of many reporters and are split into the inbox."""
    return next(source for source in SOURCES.values() if source.split)


def first_source(reporter: str) -> Source:
    """The source from which a newcomer gets the figures of a reporter: its own, that of its group, or one of any
    country."""
    starts = [source for source in SOURCES.values() if source.first_fetch]
    groups = code_table("partner_groups").filter(partner=reporter, valid_to="")["group"].to_list()
    of_reporter = [source for source in starts if source.reporter == reporter]
    of_group = [source for source in starts if source.group and source.group in (reporter, *groups)]
    return [*of_reporter, *of_group, *(source for source in starts if not source.reporter and not source.group)][0]


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
