"""Who speaks: one adapter a file behind one protocol, and the register of them.

An adapter knows a source's layouts and brings each of its files into the `Reported` shape, as printed. It reads no
setting and no clock, and knows nothing of the ledger. To add a source: a module with a `SOURCE`, and its line here.
"""

from tasks.sources import (
    eurostat_comext,
    gacc_bulletin,
    gacc_preliminary,
    gacc_query,
    hmrc_ots,
    japan_estat,
    published,
    us_census,
)
from tasks.sources.protocol import Source

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
    )
}
