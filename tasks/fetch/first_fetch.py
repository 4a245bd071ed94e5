"""Plans the first fetch of a newcomer: for each reporter which source, which months, how large, how long.

Nothing is asked here, so sizes and times are those that a source states of its answers (`FirstFetch`), and rough.
"""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from schemas.forms.fetch import FetchRequest
from tasks.domain.errors import Refused
from tasks.sources.adapter.protocol import Source, months_of
from tasks.sources.registry import first_source

MEGABYTE = 1_000_000
# A household line of 40 Mbit/s, and the pause between two requests.
MEGABYTES_A_SECOND, PAUSE_SECONDS = 5, 1
MINUTE = 60
# Files, the store that is made of them, and room for the next state.
DISK_TIMES = 3


class Planned(NamedTuple):
    """What is asked of a source for reporters: the request, how many answers, and how large and long they are roughly
    (None where nobody has measured them).
    """

    source: Source
    reporters: tuple[str, ...]
    request: FetchRequest
    answers: int
    megabytes: float | None
    minutes: float | None

    @property
    def goods(self) -> str:
        """What the answers are about, in words."""
        first = self.source.first_fetch
        if first is not None and first.has_all_goods:
            return "all goods"
        return ", ".join(self.request.products) or "goods of the baskets"


def planned(reporters: Sequence[str], inbox: Path, today: date, **wanted: object) -> list[Planned]:
    """The requests for reporters, those of one source together; `wanted` goes into each: products, months, base.

    A source whose answers have all goods is asked for no products. Raises Refused for a reporter of which no source has
    figures.
    """
    by_source: dict[str, tuple[Source, list[str]]] = {}
    for reporter in dict.fromkeys(reporters):
        source = first_source(reporter)
        if source.require_reporter is not None:
            source.require_reporter(reporter)
        by_source.setdefault(source.name, (source, []))[1].append(reporter)
    return [_planned(source, whose, inbox, today, wanted) for source, whose in by_source.values()]


def _planned(source: Source, reporters: list[str], inbox: Path, today: date, wanted: dict[str, object]) -> Planned:
    first = source.first_fetch
    assert first is not None  # by `first_source`
    form = {"source": source.name, "inbox": inbox, "reporters": reporters, **wanted}
    request = FetchRequest.model_validate(form | ({"products": []} if first.has_all_goods else {}))
    months = months_of(request, today)
    spans = len(months) if first.about == "month" else len({month[:4] for month in months})
    answers = spans * len(request.flows) * (1 if source.reporter else len(reporters))
    megabytes = None if first.megabytes is None else answers * first.megabytes
    seconds = None if megabytes is None or first.seconds is None else megabytes / MEGABYTES_A_SECOND
    minutes = None if seconds is None else (seconds + answers * ((first.seconds or 0) + PAUSE_SECONDS)) / MINUTE
    return Planned(source, tuple(reporters), request, answers, megabytes, minutes)


def require_room(plan: Sequence[Planned], folder: Path) -> None:
    """Raise Refused where the files and what is made of them would fill the disk of a folder, which may not be there
    yet."""
    wanted = sum(one.megabytes or 0 for one in plan) * DISK_TIMES
    place = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(place).free / MEGABYTE
    if wanted > free:
        raise Refused(
            "no room",
            str(folder),
            f"{free:,.0f} MB free, and about {wanted:,.0f} MB are needed for the files and the store",
            "Make room, name another disk with --store and --inbox, or ask for fewer months with --month.",
        )
