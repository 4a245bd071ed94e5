"""The commands: `app` puts together what `ingest`, `read` and `brief` offer.

Belongs here: options, what is printed, exit codes, signals, a local server. Imports of data libraries are inside the commands, so
that a page of help loads none. Does not belong here: a rule about data.
"""
