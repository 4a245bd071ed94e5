"""Says what lies in an inbox: which files are new, which are held or refused, and where each would go.

Belongs here: the folders `inbox/<source>/<flow>`, what was remembered of each file there, fetched files, held releases,
where a file would land before it is read whole.
Does not belong here: reading a file (`ingest`), asking a source (`fetch`), deciding about a hold (`checks`).
Start at: `inbox`. Add here: something that is known of a file before it is ingested.
"""
