"""Lists all adapters: one file for each, behind one protocol.

An adapter knows a source's layouts and converts each of its files to the `Reported` shape, as printed. It reads no
setting and no clock, and knows nothing of the ledger. To add a source: a module with a `SOURCE`, and its line here.
"""

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
        eurostat_bulk,
        un_comtrade,
    )
}
