"""One adapter for each source, and the file formats that they share.

An adapter knows a source's layouts and brings each of its files into the `Reported` shape, as printed. It reads no setting and no clock.
Belongs here: finding, fetching and parsing files of a source. Does not belong here: what a text means (`ingest`), the store.
Add a source: a module with a `SOURCE`, and its line in `registry`.
"""
