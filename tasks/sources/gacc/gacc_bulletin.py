"""Reads China customs' (GACC) monthly bulletin: the verified figures of a month, as the English site prints them.

Who and when: on the 18th of the month after; January and February in March. More lines than the preliminary release,
and all countries. "Due to data verification after the preliminary release, the monthly bulletin is of more accuracy."

Layout: pages and attachments as those of the preliminary release (`gacc_preliminary`), linked from
http://english.customs.gov.cn/statics/report/monthly.html, also for January and February alone. Brackets are full-width,
months are digits: `(13)Major Export Commodities in Quantity and Value,1-7.2026`, `Unit:US$1,000`, headers `7` and
`1to7`. The adapter reads (13) and (14), major export and import commodities (about 205 and 173 lines; month and year to
date, no year before, the growth is that of the single month), and (2), countries: the world (`TOTAL`), continents (a
colon ends their names), partners. Quantities are whole numbers of 10,000 t and thus coarser than those of the
preliminary release. Units are abbreviated (10000T, 100MN, MPR): `units.csv`.

January prints the month and `1to1`, the same figures, or the month alone. Pages of early 2022 have an empty column
before the labels. The European Union is published as printed; ASEAN, APEC, RCEP and BRI are not. Printed growth has no
year before beside it and is not read; of (2) it is that of the year to date, of (13) that of the month.

Known errors: a page with the unit line `RMB￥10,000` over values in 1,000 US dollars (June 2025); the rate between the
two currencies is checked where both are published. On that page medicines are counted in `10000T` and not in tonnes.
`####` stands for numbers too wide for their cell (the year to date of all trade with the world, from February or March
of each year), `#REF!` and `*REF!` for numbers that Excel lost. Table numbers change, so tables are recognised by their
titles. Pages are published again under their address, with another day.

Not read: (17), customs regimes, whose title of one month stands over a year to date; (15) and (16), partners by HS
division.

Unsure: only pages of which most rows were cut off have been read whole by a program; those of 2018 and 2019 have other
labels, and some have no month above the columns of the month, which are then named and left out.
"""

from tasks.sources.gacc.gacc_site import source_of

SOURCE = source_of(
    "gacc_bulletin", experimental="two pages of which most rows were cut off have been read; no whole page"
)
