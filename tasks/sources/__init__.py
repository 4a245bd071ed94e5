"""Who speaks: one adapter a file behind one protocol, and the register of them.

An adapter knows a source's layouts and brings each of its files into the `Reported` shape, as printed. It reads no
setting and no clock, and knows nothing of the ledger. To add a source: a module with a `SOURCE`, and its line here.
"""

from tasks.sources import eurostat_comext, gacc_query, published
from tasks.sources.protocol import Parsed, Source

SOURCES: dict[str, Source] = {
    source.name: source for source in (gacc_query.SOURCE, published.SOURCE, eurostat_comext.SOURCE)
}

__all__ = ["SOURCES", "Parsed", "Source"]
