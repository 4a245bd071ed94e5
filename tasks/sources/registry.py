"""Lists all adapters: one file for each, behind one protocol.

An adapter knows a source's layouts and converts each of its files to the `Reported` shape, as printed. It reads no
setting and no clock, and knows nothing of the ledger. To add a source: a module with a `SOURCE`, and its line here.
"""

from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources import (
    eurostat_bulk,
    eurostat_comext,
    gacc_bulletin,
    gacc_preliminary,
    gacc_query,
    hmrc_ots,
    japan_estat,
    published,
    un_comtrade,
    us_census,
)
from tasks.sources.protocol import Parsed, Source

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (
        gacc_query,
        published,
        eurostat_comext,
        gacc_preliminary,
        gacc_bulletin,
        hmrc_ots,
        us_census,
        japan_estat,
        eurostat_bulk,
        un_comtrade,
    )
}


def read_file(source: str, raw: bytes, where: str) -> Parsed:
    """The records of a file, with the adapter of its source. Raises Refused for every file that it cannot read, also for
    one of a shape that nobody has thought of.
    """
    adapter = SOURCES[source]
    try:
        return adapter.parse(raw, where)
    except (Refused, OSError, MemoryError):
        raise
    except Exception as error:
        raise Refused(
            "unexpected shape", where=where,
            found=f"a file of a shape that the adapter {source} does not expect ({type(error).__name__}: {clip(str(error), 120)})",
            advice="Compare it with an earlier file of the same source; where the source prints it so, report it.",
        ) from error  # fmt: skip
