"""Reads China customs' (GACC) preliminary release: the first figures of a month, as the English site prints them.

Who and when: on the 7th to 14th of the month after, weekends included; nothing in February, January and February in
March. The pages come half a day to a day and a half after the Chinese ones, in CNY and in USD: one release in two
editions, with the same quantities. Pages of (1) totals, (2) and (3) modes of trade, (7) and (8) charts are not read.

Layout: an HTML page of http://english.customs.gov.cn/Statics/<uuid>.html, or its .xls attachment. Title `(5) China's
Major Exports by Quantity and Value, May 2025 (in CNY)`, a line `Unit: CNY 100 Million`, two rows of header, a row a
line, a note. Tables (5) exports and (6) imports of goods: month, year to date, year to date a year before, growth of
the year to date. Table (4) countries: exports and imports, month and year to date. January and February together have
no column of the month; where customs print February alone, January is the difference and is not made up here. Numbers
end with no-break spaces; leading ones indent sub-lines. Lines with a star include others on the page.

Known errors: the unit column missing in each row of a page (April 2025 in USD) while the width stays the same; units
wrong by a factor of 10,000 (footwear always, aluminium in June 2025); a title in CNY over values in USD (release 184);
an outdated year in the column of the year before (May 2026 prints 2024), or an outdated header (June 2025 prints the
months of May); a control character in the foot. In February 2026 16 of 31 labels changed, and one line got another
scope (medicaments of Chinese type became all medicaments). Pages of 2018 have no table, only an attachment.

The release covers only printed figures: a line missing from a page means nothing. One decimal is printed, and the
resolution of each number is that of its last digit. The printed day may precede the day on which the page became
readable.
"""

from tasks.sources.gacc.gacc_site import source_of

SOURCE = source_of("gacc_preliminary")
