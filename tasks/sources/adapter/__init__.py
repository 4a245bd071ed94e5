"""What every adapter has in common: what a `SOURCE` must say, and how fields of any file become the shape of
`Reported`.

Belongs here: the settings of a source (`protocol`), columns that a file must have, rows that stand twice, sums of rows
(`records`), totals and groups among the partners (`totals`), damage to names (`names`); and what reads any flat file by
a declaration (`declaration`, `declared`, `questions`). It names no source. Does not
belong here: bytes and their format (`formats`), the layout of one source, the value of a printed number or unit
(`ingest`). Add here: what a second source needs too.
"""
