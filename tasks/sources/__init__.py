"""Reads the files of each source: one adapter for each, and the file formats that they share.

An adapter knows a source's layouts and converts each of its files to the `Reported` shape, as printed. It reads no
setting and no clock.
Belongs here: finding, fetching and parsing files of a source. Does not belong here: what a text means (`ingest`), the
store.
Add a source: a module with a `SOURCE`, and its rows in the code tables.
"""
