"""Reads China customs' (GACC) monthly bulletin: the verified figures of a month, as the English site prints them.

Who and when: on the 18th of the month after; January and February in March. More lines than the preliminary release,
and all countries. "Due to data verification after the preliminary release, the monthly bulletin is of more accuracy."

Layout: pages and attachments as those of the preliminary release (`gacc_preliminary`), linked from
http://english.customs.gov.cn/statics/report/monthly.html. The adapter reads (13) and (14), major export and import
commodities (about 205 and 173 lines; month and year to date, no year before, the growth is that of the single month),
and (2), countries.

Known errors: a page with the unit line `RMB￥10,000` over values in 1,000 US dollars (June 2025); the rate between the
two currencies is checked where both are published. Table numbers change, so tables are recognised by their titles.

Unsure: no whole page of the bulletin was available; the layout comes from single rows and the preliminary pages. The
tables (15) and (16), partners by HS division, are not read: no page of them was available.
"""

import re

from tasks.sources import gacc_release
from tasks.sources.protocol import Parsed, Source

TOPICS = {
    "exports": re.compile(r"(major|main) export commodities", re.IGNORECASE),
    "imports": re.compile(r"(major|main) import commodities", re.IGNORECASE),
    "countries": re.compile(r"by (major )?country", re.IGNORECASE),
}


def parse(raw: bytes, where: str) -> Parsed:
    """The figures of a page or its attachment as printed. Raises Refused; `where` names the file in messages."""
    return gacc_release.parse(raw, where, TOPICS)


SOURCE = Source(
    name="gacc_bulletin", kind="bulletin", needs=(), parse=parse, code_list="gacc_en", has_lines=True, has_spans=True
)
