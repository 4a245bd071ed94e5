"""Reads the files of each source: one adapter for each, and the file formats that they share.

An adapter knows a source's layouts and converts each of its files to the `Reported` shape, as printed. It reads no
setting and no clock.
Belongs here: finding, fetching and parsing files of a source. Four floors: bytes (`formats`), what adapters share
(`adapter`), the sources (`gacc`, `eurostat`, `census`, `hmrc`, `offices` with one form of release each, and
`experimental` declarations), and `registry`, which finds them. Does not belong here: what a text means (`ingest`),
the store.
Add a source: a declaration, or a module with a `SOURCE`, in `offices` or in the room of its publisher, and its rows in
the code tables.
"""
